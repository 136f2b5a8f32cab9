/** Adapter files from elsewhere: which hosts may be asked, how a file comes over, and where it is kept. */
@NullMarked
package dev.atelier.gateway.adapter.remote;

import org.jspecify.annotations.NullMarked;
