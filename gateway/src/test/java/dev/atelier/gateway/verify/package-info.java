/** Tests of the verification of training jobs. */
@NullMarked
package dev.atelier.gateway.verify;

import org.jspecify.annotations.NullMarked;
