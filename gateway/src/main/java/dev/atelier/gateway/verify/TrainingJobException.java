package dev.atelier.gateway.verify;

/** A training job that cannot be read, or that trains a model whose samples cannot be reproduced. */
public final class TrainingJobException extends RuntimeException {
    /** {@code config.yaml} is missing, malformed or contradicts itself. */
    public static final String INVALID_CONFIG = "invalid-config";
    /** The folder is no training job. */
    public static final String NOT_A_JOB = "not-a-training-job";
    /** The base model is none that can be served. */
    public static final String UNSUPPORTED_ARCH = "unsupported-arch";
    /** The job trains no adapter that can be applied to the base model. */
    public static final String UNSUPPORTED_NETWORK = "unsupported-network";

    private static final long serialVersionUID = 1L;

    private final String code;

    /** Creates the failure with one of the codes above. */
    public TrainingJobException(String code, String message) {
        super(message);
        this.code = code;
    }

    /** Returns the name of the failure for programs. */
    public String code() {
        return code;
    }
}
