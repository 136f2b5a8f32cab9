package dev.atelier.gateway.http;

import java.util.List;

/** A request that does not fit the contract, with everything that is wrong with it. */
final class InvalidRequest extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Violation> violations;

    InvalidRequest(List<Violation> violations) {
        super(describe(violations));
        this.violations = List.copyOf(violations);
    }

    List<Violation> violations() {
        return violations;
    }

    private static String describe(List<Violation> violations) {
        String first = violations.get(0).toString();
        int more = violations.size() - 1;
        return more == 0 ? first : first + " (and " + more + " more)";
    }
}
