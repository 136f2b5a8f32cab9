/** The HTTP side, tested over real connections; every answer is held against openapi.yaml. */
@NullMarked
package dev.atelier.gateway.http;

import org.jspecify.annotations.NullMarked;
