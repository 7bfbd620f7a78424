// A town of two nodes: `a`, whose only worker is busy for a minute with job 1, and may borrow from `b`.
#pragma once

#include "test/unit/gateway/town.hpp"

namespace texlex::test {

struct busy_node : town {
  explicit busy_node(node_options lender = {}, node_options giver = {}) {
    lender.name = "b";
    giver.name = "a";
    giver.seeds = {"b:1"};
    const auto both = settle({lender, giver});
    b = both[0];
    a = both[1];
    a->work_time = std::chrono::minutes{1};
    a->submit(town_job(1, "at home", now()));
    run();
  }

  house* a = nullptr;
  house* b = nullptr;
};

} // namespace texlex::test
