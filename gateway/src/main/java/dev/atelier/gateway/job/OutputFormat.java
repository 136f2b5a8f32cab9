package dev.atelier.gateway.job;

/** How pictures are written. */
public enum OutputFormat {
    /** Baseline JPEG, 4:2:0, quality 95. */
    JPEG("jpeg", "jpg", "image/jpeg"),
    /** Lossless. */
    PNG("png", "png", "image/png");

    private final String id;
    private final String extension;
    private final String mediaType;

    OutputFormat(String id, String extension, String mediaType) {
        this.id = id;
        this.extension = extension;
        this.mediaType = mediaType;
    }

    /** Returns the name in requests and results. */
    public String id() {
        return id;
    }

    /** Returns the file name's extension, without a dot. */
    public String extension() {
        return extension;
    }

    /** Returns the type for HTTP. */
    public String mediaType() {
        return mediaType;
    }
}
