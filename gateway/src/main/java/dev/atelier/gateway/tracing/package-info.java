/** Spans of requests and jobs for an OpenTelemetry collector. Does nothing unless an exporter is configured. */
@NullMarked
package dev.atelier.gateway.tracing;

import org.jspecify.annotations.NullMarked;
