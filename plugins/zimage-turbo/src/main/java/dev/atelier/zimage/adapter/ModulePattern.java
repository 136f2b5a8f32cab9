package dev.atelier.zimage.adapter;

import java.util.Collection;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * How PEFT names modules in its patterns: by a regular expression for the whole name, or for its end after a dot. An
 * expression comes with a file that anybody may have written, so that its matching takes a bounded number of steps.
 */
final class ModulePattern {
    private static final Pattern LITERAL = Pattern.compile("[\\w.-]+");
    private static final int LONGEST = 300;
    private static final int MOST_STEPS = 100_000;

    /** Whether a pattern names a module. */
    enum Answer {
        /** It does. */
        YES,
        /** It does not. */
        NO,
        /** It is no expression, too long, or takes too many steps. */
        UNREADABLE
    }

    /** Counts the characters that were looked at. */
    static final class Budget {
        private int steps;
    }

    private ModulePattern() {}

    /** Matches a pattern against the names of one module. */
    static Answer matches(String pattern, Collection<String> names, Budget budget) {
        if (LITERAL.matcher(pattern).matches()) {
            boolean named = names.stream().anyMatch(name -> name.equals(pattern) || name.endsWith("." + pattern));
            return named ? Answer.YES : Answer.NO;
        }
        if (pattern.length() > LONGEST) {
            return Answer.UNREADABLE;
        }
        try {
            Pattern expression = Pattern.compile("(?:.*\\.)?(?:" + pattern + ")");
            for (String name : names) {
                if (name.length() <= LONGEST
                        && expression.matcher(new Counted(name, budget)).matches()) {
                    return Answer.YES;
                }
            }
            return Answer.NO;
        } catch (PatternSyntaxException | TooManySteps e) {
            return Answer.UNREADABLE;
        }
    }

    private static final class TooManySteps extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private record Counted(String text, Budget budget) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++budget.steps > MOST_STEPS) {
                throw new TooManySteps();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text.substring(start, end), budget);
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
