package dev.atelier.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The alerts are complete; {@link PrometheusTest} tells whether they are right. */
class AlertRulesTest {
    @Test
    void eachAlertHasACaseInWhichItFiresAndOneInWhichItIsQuiet() throws IOException {
        Set<String> firing = new HashSet<>();
        Set<String> quiet = new HashSet<>();
        for (Object test : DeployedQueries.list(DeployedQueries.yaml(DeployedQueries.RULES_TEST), "tests")) {
            for (Object expected : DeployedQueries.list((Map<?, ?>) test, "alert_rule_test")) {
                Map<?, ?> alert = (Map<?, ?>) expected;
                boolean fires = !DeployedQueries.list(alert, "exp_alerts").isEmpty();
                (fires ? firing : quiet).add((String) alert.get("alertname"));
            }
        }

        assertEquals(DeployedQueries.ofRules().keySet(), firing);
        assertEquals(DeployedQueries.ofRules().keySet(), quiet);
    }

    @Test
    void eachAlertSaysWhatIsWrongHowBadAndWhatToDo() throws IOException {
        for (Object group : DeployedQueries.list(DeployedQueries.yaml(DeployedQueries.RULES), "groups")) {
            for (Object rule : DeployedQueries.list((Map<?, ?>) group, "rules")) {
                Map<?, ?> alert = (Map<?, ?>) rule;
                Map<?, ?> annotations = (Map<?, ?>) alert.get("annotations");
                assertFalse(String.valueOf(annotations.get("summary")).isBlank(), alert.toString());
                assertTrue(String.valueOf(annotations.get("action")).length() > 20, alert.toString());
                assertTrue(
                        Set.of("critical", "warning").contains(((Map<?, ?>) alert.get("labels")).get("severity")),
                        alert.toString());
            }
        }
    }
}
