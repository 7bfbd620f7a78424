// The words of nodes, for CAF. Types whose values stay in the process are not to be written to a network.
#pragma once

#include "actors/messages.hpp"

namespace texlex {
struct local_word;
struct dialed;
struct names_found;
struct peer_news;
struct lent_lane_number;
struct listens_at;
} // namespace texlex

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::local_word)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::dialed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::names_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::peer_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::lent_lane_number)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::listens_at)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(texlex::delivery)

// Atoms need no registration: CAF writes their texts.
CAF_ADD_ATOM(texlex_nodes, texlex::atom, frame, "tx_frame")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, dialed, "tx_dialed")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, names, "tx_names")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, news, "tx_news")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, start, "tx_start")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, greeted, "tx_greeted")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, gone, "tx_gone")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, answered, "tx_answer")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, leave, "tx_leave")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, finish, "tx_end")
CAF_ADD_ATOM(texlex_nodes, texlex::atom, listens, "tx_listens")
