/** Tests of adapter files. */
@NullMarked
package dev.atelier.gateway.adapter;

import org.jspecify.annotations.NullMarked;
