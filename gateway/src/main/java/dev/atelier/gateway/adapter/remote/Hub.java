package dev.atelier.gateway.adapter.remote;

import dev.atelier.gateway.adapter.remote.RemoteSettings.Access;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Hugging Face hub: its short names for files, its pages that people paste instead of files, and the one place
 * where its token goes.
 */
final class Hub {
    private static final String SCHEME = "hf://";
    private static final Set<String> SITES = Set.of("huggingface.co", "www.huggingface.co");
    private static final Pattern FILE = Pattern.compile(
            "(?i:hf)://([\\w.-]+)/([\\w.-]+)(?:@(refs/(?:pr|convert)/[^/@]+|[^/@]+))?/([^/].*[^/]|[^/])",
            Pattern.DOTALL);
    private static final Pattern PAGE =
            Pattern.compile("/(?:(?:datasets|spaces)/)?[^/]+(?:/[^/]+)?/(blob|tree)(?:/.*|$)");
    private static final String UNRESERVED = "-._~";

    private final RemoteUrl origin;

    /**
     * Creates a hub.
     *
     * @param endpoint its origin, such as {@code https://huggingface.co}, possibly with a path
     */
    Hub(String endpoint) {
        this.origin = RemoteUrl.parse(endpoint);
    }

    /** Returns whether a source is a short name of the hub. */
    static boolean isShortName(String source) {
        return source.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
    }

    /**
     * Returns the URL of the file that a source means: an {@code hf://} name or a page of the hub is turned into the
     * file's own URL.
     *
     * @throws dev.atelier.plugin.PipelineException LORA_URL_NOT_ALLOWED for a malformed name and for a folder's page
     */
    String fileUrl(String source) {
        if (isShortName(source)) {
            return fromShortName(source);
        }
        RemoteUrl url = RemoteUrl.parse(source);
        boolean onHub = SITES.contains(url.host().text()) || isOrigin(url);
        Matcher page = PAGE.matcher(url.path());
        if (!onHub || !page.matches()) {
            return source;
        }
        if (page.group(1).equals("tree")) {
            throw Failures.refused(
                    source, "a /tree/ URL is the page of a folder; open the file there and give its /resolve/ URL");
        }
        return source.replaceFirst("/blob/", "/resolve/");
    }

    private String fromShortName(String source) {
        Matcher file = FILE.matcher(source);
        if (!file.matches() || climbs(file.group(4)) || isDots(file.group(1)) || isDots(file.group(2))) {
            throw Failures.refused(source, "it must be hf://ORGANISATION/REPOSITORY[@REVISION]/FILE");
        }
        String revision = file.group(3) == null ? "main" : file.group(3);
        if (isDots(revision)) {
            throw Failures.refused(source, "it must be hf://ORGANISATION/REPOSITORY[@REVISION]/FILE");
        }
        try {
            return "%s/%s/%s/resolve/%s/%s"
                    .formatted(
                            (origin.origin() + origin.path()).replaceFirst("/+$", ""),
                            file.group(1),
                            file.group(2),
                            RemoteUrl.encode(revision, UNRESERVED),
                            RemoteUrl.encode(file.group(4), UNRESERVED + "/"));
        } catch (IllegalArgumentException e) {
            throw Failures.refused(source, "it must not hold control characters");
        }
    }

    private static boolean climbs(String path) {
        for (String segment : path.split("/", -1)) {
            if (segment.isEmpty() || isDots(segment)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isDots(String segment) {
        return segment.equals(".") || segment.equals("..");
    }

    /** Returns whether a URL is the hub's own, so that its token may go there: scheme, host and port. */
    boolean isOrigin(RemoteUrl url) {
        return url.origin().equals(origin.origin())
                || origin.origin().equals(Access.HUGGING_FACE) && url.origin().equals("https://www.huggingface.co");
    }
}
