/** Measures a running gateway: how quickly it answers, and how many jobs it moves. */
@NullMarked
package dev.atelier.bench.service;

import org.jspecify.annotations.NullMarked;
