// Values under ids that come and go.
#include <boost/test/unit_test.hpp>

#include <memory>
#include <random>
#include <unordered_map>

#include "actors/state/id_map.hpp"
#include "test/unit/state/seed.hpp"

using namespace texlex;

BOOST_AUTO_TEST_SUITE(id_map_test)

BOOST_AUTO_TEST_CASE(what_is_put_in_is_found_until_it_is_taken) {
  id_map<std::unique_ptr<int>> map;
  BOOST_TEST(map.insert(0, std::make_unique<int>(5)));
  BOOST_TEST(map.insert(9, std::make_unique<int>(6)));
  BOOST_TEST(**map.find(0) == 5);
  BOOST_TEST(map.find(1) == nullptr);
  BOOST_TEST(map.size() == 2u);
  const auto taken = map.take(0);
  BOOST_REQUIRE(taken.has_value());
  BOOST_TEST(**taken == 5);
  BOOST_TEST(map.find(0) == nullptr);
  BOOST_TEST(!map.take(0).has_value());
  BOOST_TEST(map.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_id_that_is_there_keeps_its_value_and_so_does_who_comes_second) {
  id_map<std::unique_ptr<int>> map;
  map.insert(3, std::make_unique<int>(1));
  auto second = std::make_unique<int>(2);
  BOOST_TEST(!map.insert(3, std::move(second)));
  BOOST_TEST(**map.find(3) == 1);
  BOOST_TEST(*second == 2);
}

BOOST_AUTO_TEST_CASE(it_holds_what_an_unordered_map_would) {
  std::mt19937_64 random{test::seed()};
  id_map<uint64_t> map{4};
  std::unordered_map<uint64_t, uint64_t> model;
  for (int step = 0; step < 50'000; ++step) {
    const uint64_t id = random() % 200;
    if (random() % 2 == 0) {
      uint64_t value = random();
      BOOST_REQUIRE(map.insert(id, uint64_t{value}) == model.try_emplace(id, value).second);
    } else {
      const auto known = model.find(id);
      const auto taken = map.take(id);
      BOOST_REQUIRE(taken.has_value() == (known != model.end()));
      if (taken) BOOST_REQUIRE(*taken == known->second);
      if (taken) model.erase(known);
    }
    BOOST_REQUIRE(map.size() == model.size());
  }
  size_t seen = 0;
  map.for_each([&](uint64_t id, uint64_t value) {
    ++seen;
    BOOST_TEST(model.at(id) == value);
  });
  BOOST_TEST(seen == model.size());
}

BOOST_AUTO_TEST_SUITE_END()
