package dev.atelier.gateway.http;

import dev.atelier.gateway.job.JobTerms.Idempotency;
import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;

/**
 * A submission's body and what is told by all of it. A body may be large: reading it is nothing for an event loop.
 *
 * @param request what the body asks for
 * @param idempotency what makes it the same as another; empty where the client does not say
 * @param exceeded what of it is too much
 */
record SubmittedBody(InferenceRequest request, Optional<Idempotency> idempotency, List<Violation> exceeded) {
    SubmittedBody {
        exceeded = List.copyOf(exceeded);
    }

    /**
     * Reads a body that fits the contract.
     *
     * @throws InvalidRequest when the key in the headers is malformed
     */
    static SubmittedBody of(MultiMap headers, ReadRequest read, Limits limits) {
        InferenceRequest request = InferenceRequest.of(read);
        return new SubmittedBody(request, IdempotencyKey.of(headers, read), limits.exceededBy(request));
    }

    /**
     * Returns the request.
     *
     * @throws InvalidRequest naming everything of it that is too much
     */
    InferenceRequest withinLimits() {
        if (!exceeded.isEmpty()) {
            throw new InvalidRequest(exceeded);
        }
        return request;
    }
}
