/** Tests of the device probe. */
@NullMarked
package dev.atelier.device;

import org.jspecify.annotations.NullMarked;
