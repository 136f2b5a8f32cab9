/** Tests of private files and folders. */
@NullMarked
package dev.atelier.gateway.files;

import org.jspecify.annotations.NullMarked;
