package dev.atelier.gateway.adapter.remote;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How adapters are fetched from elsewhere.
 *
 * @param cache where they are kept
 * @param access which hosts may be asked, and how
 * @param pace how long and how often
 * @param token for the hub where a request brings none
 */
public record RemoteSettings(Cache cache, Access access, Pace pace, Optional<String> token) {
    /** Drops an empty token. */
    public RemoteSettings {
        token = token.map(String::strip).filter(text -> !text.isEmpty());
    }

    /** Tells all but the token. */
    @Override
    public String toString() {
        return "RemoteSettings[" + cache + ", " + access + ", " + pace + "]";
    }

    /**
     * Where files are kept. Gateways may share the folder.
     *
     * @param folder made when it is needed
     * @param maxFileBytes the largest file
     * @param maxTotalBytes how much all files may take together
     */
    public record Cache(Path folder, long maxFileBytes, long maxTotalBytes) {
        /** Checks the bounds. */
        public Cache {
            if (maxFileBytes < 1 || maxTotalBytes < 1) {
                throw new IllegalArgumentException(
                        "bounds must be positive but were " + maxFileBytes + " and " + maxTotalBytes);
            }
        }
    }

    /**
     * Which hosts may be asked.
     *
     * @param allowHttp whether plain http is allowed
     * @param allowPrivate whether private networks and this machine are
     * @param allowedHosts the only hosts that are asked, redirects included; {@code *.suffix} is all under a suffix;
     *     empty for every host
     * @param caFile certificates in PEM form to trust besides Java's own
     * @param proxies which proxy a URL goes through
     * @param hub the origin of the Hugging Face hub or its mirror, without a slash at its end
     */
    public record Access(
            boolean allowHttp,
            boolean allowPrivate,
            List<String> allowedHosts,
            Optional<Path> caFile,
            ProxyRules proxies,
            String hub) {
        /** The hub that everybody means. */
        public static final String HUGGING_FACE = "https://huggingface.co";

        /** Copies the list. */
        public Access {
            allowedHosts = List.copyOf(allowedHosts);
        }
    }

    /**
     * How long and how often.
     *
     * @param tries how often a broken download is taken up in all
     * @param pause between tries
     * @param total how long all of it may take
     * @param silence how long a server may send nothing
     */
    public record Pace(int tries, Duration pause, Duration total, Duration silence) {
        /** Three tries two seconds apart, ten minutes in all. */
        public static final Pace DEFAULT =
                new Pace(3, Duration.ofSeconds(2), Duration.ofMinutes(10), Duration.ofSeconds(30));

        /** Checks the count. */
        public Pace {
            if (tries < 1) {
                throw new IllegalArgumentException("tries must be positive but was " + tries);
            }
        }
    }
}
