/** How the gateway logs: what every line tells of the request and the job that it is about, and what none may tell. */
@NullMarked
package dev.atelier.gateway.log;

import org.jspecify.annotations.NullMarked;
