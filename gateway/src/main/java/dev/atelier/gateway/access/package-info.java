/** Who may call the server: API keys, the file that lists them, and how often each may ask. */
@NullMarked
package dev.atelier.gateway.access;

import org.jspecify.annotations.NullMarked;
