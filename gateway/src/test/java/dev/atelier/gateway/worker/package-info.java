/** Tests of devices at work. */
@NullMarked
package dev.atelier.gateway.worker;

import org.jspecify.annotations.NullMarked;
