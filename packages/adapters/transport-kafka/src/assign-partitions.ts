import type { GroupAssignment, GroupPartitionsAssigner } from "@platformatic/kafka";

/**
 * Gives each partition to the member with the fewest so far, among those that ask for its topic. Members of a group may ask
 * for different topics, as two releases of a service do; the client's own assigners look at the leader's topics alone.
 */
export const assignPartitions: GroupPartitionsAssigner = (_leader, members, _leaderTopics, metadata) => {
  const shares = [...members.values()]
    .map(({ memberId, topics = [] }) => ({
      memberId,
      topics: new Set(topics),
      assignments: new Map<string, GroupAssignment>(),
      count: 0,
    }))
    .sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  for (const [topic, { partitionsCount }] of [...metadata.topics].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const asking = shares.filter(({ topics }) => topics.has(topic));
    for (let partition = 0; asking.length > 0 && partition < partitionsCount; partition++) {
      const share = asking.reduce((least, each) => (each.count < least.count ? each : least));
      const assignment = share.assignments.get(topic) ?? { topic, partitions: [] };
      assignment.partitions.push(partition);
      share.assignments.set(topic, assignment);
      share.count += 1;
    }
  }
  return shares.map(({ memberId, assignments }) => ({ memberId, assignments }));
};
