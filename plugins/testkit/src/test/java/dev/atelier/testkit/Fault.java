package dev.atelier.testkit;

/** A way to break the contract, with the test that must find it. */
enum Fault {
    RANDOM_DESCRIPTOR("always describes itself the same way"),
    SHOUTING_ID("describes itself completely"),
    ILLEGAL_STEPS("declares defaults that a request may have"),
    UNFLOORED_SIZE("floors the size to its divisor"),
    OTHER_SETTINGS("settles a plan the same way each time"),
    SMALLER_PICTURE("draws the size that it settled"),
    RANDOM_PICTURE("draws the same picture for the same seed"),
    ONE_PICTURE("draws another picture for another seed"),
    PICTURE_PER_PIPELINE("draws the same picture in another pipeline"),
    STEPS_FROM_ZERO("reports steps one by one and stages in order"),
    PREVIEW_SPOILS("shows a preview during a step without changing the picture"),
    UNTIMED("times its stages"),
    STARTS_CANCELLED("draws nothing when cancelled before"),
    IGNORES_CANCELLATION("stops after the step in which it is cancelled"),
    BREAKS_WHEN_CANCELLED("draws the same after a cancelled picture"),
    KEEPS_REGISTRATION("waits for no cancellation after the picture"),
    CLOSES_ONCE("closes while idle, and twice"),
    CLOSES_ALL("goes on when another pipeline is closed"),
    NEGATIVE_BYTES("knows how much memory it holds"),
    NEEDS_CACHE("draws the same without any cache"),
    WRONG_ABSENCE("says so when its checkpoint is absent"),
    EMPTY_INSPECTION("says what an adapter holds"),
    DROPS_ADAPTER("changes the picture by an adapter, and reports it"),
    APPLIES_ZERO("draws the same as without an adapter at multiplier 0"),
    KEEPS_ADAPTER("draws the same again after any adapter"),
    TAKES_FOREIGN("refuses an adapter in which nothing matches, and goes on"),
    TAKES_ANYTHING("refuses what is no adapter file");

    private final String test;

    Fault(String test) {
        this.test = test;
    }

    String test() {
        return test;
    }
}
