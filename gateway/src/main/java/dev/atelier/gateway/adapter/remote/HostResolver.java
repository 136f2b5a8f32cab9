package dev.atelier.gateway.adapter.remote;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Turns names into addresses. May block. */
@FunctionalInterface
interface HostResolver {
    /**
     * Returns all addresses of a name, at least one.
     *
     * @throws UnknownHostException when it has none
     */
    InetAddress[] resolve(String name) throws UnknownHostException;
}
