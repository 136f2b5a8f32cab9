/** Tests of adapter files from elsewhere. */
@NullMarked
package dev.atelier.gateway.adapter.remote;

import org.jspecify.annotations.NullMarked;
