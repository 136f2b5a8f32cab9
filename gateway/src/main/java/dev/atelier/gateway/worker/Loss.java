package dev.atelier.gateway.worker;

/** What is lost for good, so that only a new process helps. */
public enum Loss {
    /** The context of a device is dead, or a drawing holds it for ever; the others may be well. */
    DEVICE,
    /** There is no memory left, and anything may be broken. */
    HEAP
}
