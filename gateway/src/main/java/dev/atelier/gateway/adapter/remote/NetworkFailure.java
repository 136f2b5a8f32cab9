package dev.atelier.gateway.adapter.remote;

import dev.atelier.plugin.PipelineException;
import io.netty.handler.proxy.ProxyConnectException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Says in words of ours why a connection failed: the exceptions' own messages name addresses, which are nobody's
 * business.
 */
final class NetworkFailure {
    private NetworkFailure() {}

    /** Returns what a try failed with; a certificate that is not trusted now will not be in two seconds. */
    static RuntimeException of(Throwable failure, String source, int tries) {
        if (failure instanceof PipelineException known) {
            return known;
        }
        if (failure instanceof BrokenTransfer known) {
            return known;
        }
        if (failure instanceof SSLException && hasSecurityCause(failure)) {
            return Failures.failed(source, "the server's certificate is not trusted", null, tries);
        }
        return BrokenTransfer.connection(reason(failure));
    }

    private static boolean hasSecurityCause(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof GeneralSecurityException) {
                return true;
            }
        }
        return false;
    }

    private static String reason(Throwable failure) {
        if (failure instanceof ProxyConnectException) {
            return "the proxy made no connection";
        }
        if (failure instanceof UnknownHostException) {
            return "a host is not known";
        }
        if (failure instanceof ConnectException || failure instanceof NoRouteToHostException) {
            return "no connection";
        }
        if (failure instanceof SSLException) {
            return "no TLS connection";
        }
        return failure instanceof TimeoutException ? "no answer in time" : "the connection broke";
    }
}
