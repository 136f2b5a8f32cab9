package dev.atelier.zimage.schedule;

/** How noise levels are spaced before they are shifted. */
public enum SigmaSpacing {
    /** {@code torch.linspace(1, 1/n, n)}: the last step leads from a small noise level to none. Single precision. */
    DOWN_TO_LAST_STEP,
    /**
     * {@code np.linspace(1000, 0, n) / 1000}: the levels reach 0 one step early, so the last of two or more steps has
     * no length. Double precision until the shift is done.
     */
    DOWN_TO_ZERO
}
