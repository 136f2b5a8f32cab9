@NullMarked
package dev.atelier.bench.service;

import org.jspecify.annotations.NullMarked;
