/** Folders and files that only the gateway's user may write. */
@NullMarked
package dev.atelier.gateway.files;

import org.jspecify.annotations.NullMarked;
