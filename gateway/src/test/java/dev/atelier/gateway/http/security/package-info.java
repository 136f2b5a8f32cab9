/** Hosts, addresses and the headers of reverse proxies. */
@NullMarked
package dev.atelier.gateway.http.security;

import org.jspecify.annotations.NullMarked;
