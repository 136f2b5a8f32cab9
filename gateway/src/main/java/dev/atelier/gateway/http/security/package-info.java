/** Who a request comes from and which server it means: hosts, addresses and the headers of reverse proxies. */
@NullMarked
package dev.atelier.gateway.http.security;

import org.jspecify.annotations.NullMarked;
