/** Tests of the job store. */
@NullMarked
package dev.atelier.gateway.job;

import org.jspecify.annotations.NullMarked;
