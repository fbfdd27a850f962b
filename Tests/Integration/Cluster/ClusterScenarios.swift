import Testing

/// Scenarios with a whole cluster of processes each: one after the other, so that a small machine keeps up.
@Suite(.serialized) enum ClusterScenarios {}
