/** A small plugin that draws at once and needs no weights, and what zips it up for tests. */
@NullMarked
package dev.atelier.gateway.testplugin;

import org.jspecify.annotations.NullMarked;
