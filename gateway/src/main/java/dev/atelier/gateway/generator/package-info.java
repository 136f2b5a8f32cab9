/** Generation of images for commands: in this process, or on a server. */
@NullMarked
package dev.atelier.gateway.generator;

import org.jspecify.annotations.NullMarked;
