package dev.atelier.gateway.adapter.remote;

import io.vertx.core.net.ProxyOptions;
import io.vertx.core.net.ProxyType;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which proxy a URL goes through, by the conventions of {@code HTTP_PROXY}, {@code HTTPS_PROXY}, {@code NO_PROXY}.
 *
 * @param http the proxy of http URLs: {@code http://user:password@host:port}, {@code host:port} or
 *     {@code socks5://host:port}; a user name and password are percent-encoded
 * @param https the proxy of https URLs, which is asked to connect only
 * @param exceptions hosts that are asked directly: a host and all under it, {@code .suffix}, {@code *.suffix}, an
 *     address, a block of addresses, each also with a port; {@code *} is every host
 */
public record ProxyRules(Optional<String> http, Optional<String> https, List<String> exceptions) {
    /** Everything goes straight. */
    public static final ProxyRules NONE = new ProxyRules(Optional.empty(), Optional.empty(), List.of());

    private static final Pattern PROXY = Pattern.compile(
            "(?:(http|socks4|socks4a|socks5|socks5h)://)?(?:([^@/]*)@)?(\\[[^\\]]+]|[^:/@]+)(?::(\\d{1,5}))?/?");
    private static final int DEFAULT_PORT = 3128;

    /**
     * Checks the rules.
     *
     * @throws IllegalArgumentException for a proxy that cannot be read; its message does not show the password
     */
    public ProxyRules {
        http.ifPresent(ProxyRules::requireProxy);
        https.ifPresent(ProxyRules::requireProxy);
        exceptions =
                exceptions.stream().map(text -> text.toLowerCase(Locale.ROOT)).toList();
    }

    /**
     * Checks the form of a proxy.
     *
     * @throws IllegalArgumentException when it cannot be read; the message does not show the password
     */
    public static void requireProxy(String text) {
        proxy(text);
    }

    private static ProxyOptions proxy(String text) {
        Matcher parts = PROXY.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("a proxy must be http://HOST:PORT or socks5://HOST:PORT");
        }
        String scheme = parts.group(1) == null ? "http" : parts.group(1);
        ProxyOptions proxy = new ProxyOptions()
                .setType(type(scheme))
                .setHost(parts.group(3).replaceAll("[\\[\\]]", ""))
                .setPort(parts.group(4) == null ? DEFAULT_PORT : Integer.parseInt(parts.group(4)));
        if (parts.group(2) != null) {
            String[] login = parts.group(2).split(":", 2);
            proxy.setUsername(decode(login[0])).setPassword(login.length == 2 ? decode(login[1]) : "");
        }
        return proxy;
    }

    private static ProxyType type(String scheme) {
        if (scheme.startsWith("socks5")) {
            return ProxyType.SOCKS5;
        }
        return scheme.startsWith("socks4") ? ProxyType.SOCKS4 : ProxyType.HTTP;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** Returns the proxy for a URL; empty to ask its host directly. */
    Optional<ProxyOptions> route(RemoteUrl url) {
        Optional<String> proxy = url.isSecure() ? https : http;
        boolean direct = exceptions.stream().anyMatch(exception -> isException(exception, url));
        return direct ? Optional.empty() : proxy.map(ProxyRules::proxy);
    }

    private static boolean isException(String exception, RemoteUrl url) {
        String withPort = ":" + url.port();
        String host = exception.endsWith(withPort) && exception.indexOf(':') == exception.lastIndexOf(':')
                ? exception.substring(0, exception.length() - withPort.length())
                : exception;
        if (host.equals("*")) {
            return true;
        }
        InetAddress literal = url.host().literal();
        if (literal != null) {
            return isAddressException(host, literal);
        }
        String domain = host.replaceFirst("^\\*?\\.", "");
        return !domain.isEmpty() && url.host().isWithin(domain);
    }

    private static boolean isAddressException(String exception, InetAddress address) {
        try {
            return AddressBlock.parse(exception.replaceAll("[\\[\\]]", "")).contains(address);
        } catch (IllegalArgumentException e) {
            return false; // a name, and this is none
        }
    }

    /** Tells which are set, without their passwords. */
    @Override
    public String toString() {
        return "ProxyRules[http=" + http.isPresent() + ", https=" + https.isPresent() + ", exceptions=" + exceptions
                + "]";
    }
}
