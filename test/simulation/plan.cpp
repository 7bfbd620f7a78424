#include "test/simulation/plan.hpp"

#include <algorithm>

#include "test/simulation/dice.hpp"

namespace texlex::simulation {
namespace {

using std::chrono::microseconds, std::chrono::milliseconds, std::chrono::seconds;

constexpr uint32_t sizes[] = {8, 8, 40, 900, 4096, 4096, 20'000, 60'000, 300'000, 1 << 20};
constexpr uint32_t document_bytes_max = 1 << 20;

/// What each kind strikes with where it does, in thousandths of its chances.
uint32_t usual_rate(fault which, dice& chance) {
  switch (which) {
    case fault::worker_stalls: return chance.pick(5, 150);
    case fault::worker_slow: return chance.pick(50, 500);
    case fault::worker_dies: return chance.pick(2, 120);
    case fault::worker_dies_unborn: return chance.pick(20, 400);
    case fault::worker_hangs: return chance.pick(1, 20);
    case fault::worker_comes_back: return chance.pick(200, 1000);
    case fault::worker_says_twice: return chance.pick(20, 300);
    case fault::document_kills: return chance.pick(10, 100);
    case fault::word_late: return chance.pick(50, 500);
    case fault::timer_early: return chance.pick(50, 300);
    case fault::timer_late: return chance.pick(50, 300);
    case fault::timer_not_disarmed: return chance.pick(50, 500);
    case fault::client_vanishes: return chance.pick(2, 60);
    case fault::client_half_closes: return chance.pick(2, 60);
    case fault::client_cancels: return chance.pick(10, 400);
    case fault::client_never_reads: return chance.pick(50, 400);
    case fault::client_stops_midframe: return chance.pick(2, 40);
    case fault::client_sends_nonsense: return chance.pick(2, 30);
    case fault::client_keeps_loans: return chance.pick(100, 1000);
    case fault::link_loses: return chance.pick(5, 300);
    case fault::link_doubles: return chance.pick(5, 300);
    case fault::link_delays: return chance.pick(20, 400);
    case fault::link_clogs: return chance.pick(1, 20);
    case fault::link_cut_outward: return chance.pick(1, 15);
    case fault::link_cut_homeward: return chance.pick(1, 15);
    case fault::far_host_pauses: return chance.pick(1, 20);
    case fault::far_host_restarts: return chance.pick(1, 20);
    case fault::far_host_leaves: return chance.pick(1, 20);
    case fault::far_host_refuses: return chance.pick(20, 1000);
    case fault::far_clock_skewed: return chance.pick(200, 1000);
    case fault::house_pauses: return chance.pick(1, 20);
    case fault::shutdown: return chance.pick(100, 500);
  }
  return 0;
}

fault_rates draw_faults(dice& chance) {
  fault_rates rates{};
  const uint32_t present = chance.of(std::array<uint32_t, 4>{0, 150, 350, 700}); // a fair world now and then
  for (size_t i = 0; i < fault_count; ++i) {
    const uint32_t rate = usual_rate(static_cast<fault>(i), chance);
    if (chance.in_1000(present)) rates[i] = rate;
  }
  return rates;
}

dispatch_options draw_dispatch(dice& chance) {
  dispatch_options made;
  made.queue.count_max = chance.of(std::array<uint32_t, 4>{2, 8, 64, 256});
  made.queue.count_per_client_max = std::max(1u, made.queue.count_max / chance.pick(1, 2));
  if (chance.in_1000(600))
    made.queue_control =
      queue_control_options{.target = milliseconds{chance.pick(1, 10)}, .interval = milliseconds{chance.pick(10, 200)}};
  made.hedge.enabled = chance.in_1000(850);
  made.hedge.delay.learn = chance.in_1000(500);
  made.hedge.delay.floor = microseconds{chance.pick(100, 1000)};
  made.hedge.delay.ceiling = microseconds{chance.pick(1000, 20'000)};
  made.hedge.budget.share_permille = chance.of(std::array<uint32_t, 3>{50, 200, 1000});
  made.hedge.budget.ceiling_permille = chance.of(std::array<uint32_t, 3>{100, 300, 1000});
  made.eject_slow_lanes = chance.in_1000(700);
  made.watch.limit = milliseconds{chance.pick(100, 1000)};
  made.watch.getting_on_factor = 2;
  made.remote_attempt_max = *made.watch.limit; // nobody watches the workers of hosts elsewhere
  made.killers.kills_to_condemn = 1;
  made.lending.document_bytes_min = chance.of(std::array<uint64_t, 3>{0, 1000, 32'768});
  made.seed = chance.next();
  return made;
}

roster_options draw_roster(dice& chance) {
  roster_options made;
  const uint32_t cores = chance.of(std::array<uint32_t, 5>{1, 2, 2, 3, 5});
  for (uint32_t core = 0; core < cores; ++core) made.cores.push_back(core);
  if (chance.in_1000(400)) made.budgets.alloc_mb = 1;
  if (chance.in_1000(200)) made.budgets.max_age = milliseconds{chance.pick(20, 500)};
  made.rotations_at_once = chance.pick(1, 2);
  made.restart.delay_first = milliseconds{chance.pick(1, 20)};
  made.restart.delay_max = milliseconds{200};
  made.restart.restarts_max = chance.pick(2, 20);
  made.restart.window = milliseconds{chance.pick(200, 2000)};
  made.stuck_max = 0;
  return made;
}

session_limits draw_sessions(dice& chance) {
  session_limits made;
  made.document_bytes_max = document_bytes_max;
  made.requests_in_flight_max = chance.of(std::array<uint32_t, 4>{1, 4, 16, 64});
  made.idle_timeout = seconds{2};
  made.read_timeout = milliseconds{chance.pick(20, 500)};
  made.write_timeout = milliseconds{chance.pick(20, 500)};
  made.held_back_max = milliseconds{chance.pick(5, 200)};
  made.column_bytes_held_max = chance.of(std::array<uint64_t, 3>{1000, 400'000, 4'000'000});
  return made;
}

wish draw_wish(dice& chance, const client_plan& client, uint64_t key, bool pipelines) {
  wish made;
  made.key = key;
  made.after = pipelines ? chance.us(0, 300) : chance.us(0, 8000);
  made.counts_frame = client.version == 1 || chance.in_1000(300);
  const auto last = std::size(sizes) - (made.counts_frame ? 1 : 3); // long ones are copied where they have options
  made.bytes = sizes[chance.between(0, last)];
  if (made.counts_frame) return made;
  if (chance.in_1000(200)) made.options.deadline_ms = chance.pick(1, 50);
  made.options.priority = static_cast<request_priority>(chance.pick(0, 2));
  if (chance.in_1000(400)) made.options.regime = chance.of(std::array<std::string_view, 3>{"plain", "expl3", "initex"});
  if (chance.in_1000(400)) made.options.columns = chance.pick(1, 3);
  made.options.columns_by_descriptor = made.options.columns != 0 && client.borrows && chance.in_1000(600);
  if (chance.in_1000(150)) {
    made.batch = chance.pick(1, 5);
    made.options.columns_by_descriptor = false;
    made.bytes = std::min(made.bytes, 900u);
  }
  return made;
}

client_plan draw_client(dice& chance, uint64_t number, uint32_t wishes_max) {
  client_plan made;
  made.version = static_cast<uint16_t>(chance.pick(1, 2));
  made.borrows = made.version == 2 && chance.in_1000(500);
  const bool pipelines = chance.in_1000(400);
  const uint32_t wishes = chance.pick(1, 16);
  made.wishes.reserve(wishes);
  for (uint32_t i = 0; i < wishes; ++i) {
    const wish drawn = draw_wish(chance, made, number * 100'000 + 100 * (i + 1), pipelines);
    if (i < wishes_max) made.wishes.push_back(drawn);
  }
  return made;
}

far_plan draw_far(dice& chance) {
  far_plan made;
  made.workers = chance.pick(1, 4);
  made.port.capacity = chance.pick(made.workers, 2 * made.workers);
  made.port.document_bytes_max = document_bytes_max;
  made.port.beat = made.link.beat = milliseconds{chance.pick(10, 100)};
  made.port.resend = made.link.resend = 2 * made.link.beat;
  made.link.suspect = 5 * made.link.beat;
  made.link.down = 10 * made.link.beat;
  made.link.late = 2 * made.link.beat;
  made.link.greet_max = milliseconds{500};
  made.port.orphaned = 30 * made.link.beat;
  made.way_min = microseconds{chance.pick(20, 200)};
  made.way_max = made.way_min + microseconds{chance.pick(1, 2000)};
  return made;
}

} // namespace

uint32_t tokens_of(uint64_t key, std::string_view regime) noexcept {
  uint64_t rules = 0;
  for (const char each : regime) rules = mixed(rules + static_cast<uint8_t>(each));
  return static_cast<uint32_t>(mixed(key + rules) % 1'000'000);
}

uint64_t column_bytes_of(uint64_t document_bytes) noexcept { return 64 + 5 * document_bytes; }

world_plan plan_of(uint64_t seed, const plan_bounds& bounds) {
  dice chance{seed};
  world_plan made;
  made.seed = seed;
  made.faults = draw_faults(chance);
  made.dispatch = draw_dispatch(chance);
  made.roster = draw_roster(chance);
  made.sessions = draw_sessions(chance);
  made.requests_max = chance.of(std::array<uint32_t, 3>{4, 32, 256});
  made.bytes_max = chance.of(std::array<uint64_t, 3>{2u << 20, 8u << 20, 64u << 20});
  made.column_bytes_max = chance.of(std::array<uint64_t, 3>{600'000, 4'000'000, 64'000'000});
  made.troubled = milliseconds{chance.pick(50, 400)};
  const uint32_t clients = chance.pick(1, 6);
  for (uint32_t i = 0; i < clients; ++i) {
    client_plan drawn = draw_client(chance, i + 1, bounds.wishes_max);
    if (i < bounds.clients_max) made.clients.push_back(std::move(drawn));
  }
  const uint32_t far = chance.in_1000(500) ? chance.pick(1, 3) : 0;
  for (uint32_t i = 0; i < far; ++i) {
    const far_plan drawn = draw_far(chance);
    if (i < bounds.far_max) made.far.push_back(drawn);
  }
  return made;
}

} // namespace texlex::simulation
