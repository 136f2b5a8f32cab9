/** Tests of the contract tests: a model that keeps the contract passes, and each way of breaking it is found. */
@NullMarked
package dev.atelier.testkit;

import org.jspecify.annotations.NullMarked;
