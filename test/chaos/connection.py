"""A connection of the load: what is in flight on it, and the judgement over what comes. Each request gets one reply,
which is right, or the connection ends for a reason.
"""

import contextlib
import select
import time

import wire

CONNECT_S_MAX = 10
REPLY_S_MAX = 20 # none for so long: lost
AHEAD_MAX = 8
SENT_AT_ONCE_BYTES = 1 << 16
CANCELS = 0.03
BATCHES = 0.1


class Sent:
    def __init__(self, documents, row):
        self.documents, self.row = documents, row
        self.at = None # when its last byte went
        self.begun = time.monotonic()
        self.cancelled = self.is_batch = False


class Connection:
    """A socket, what is in flight on it, and the judgement over what comes."""

    def __init__(self, load, version, address, dice):
        self.load, self.ledger, self.version, self.dice = load, load.ledger, version, dice
        self.socket = address.connect(CONNECT_S_MAX)
        self.socket.setblocking(False)
        self.poll = select.poll()
        self.out, self.unsent, self.went_bytes = bytearray(), [], 0
        self.incoming, self.in_flight, self.last_id = wire.Incoming(), {}, 0
        self.taken, self.answered, self.shutting_down = None, 0, 0
        self.begun = time.monotonic()
        self.version_2_spoken = version == 1

    def ask_some(self):
        """A few requests in one go, as clients do."""
        if not self.version_2_spoken:
            self.out += wire.hello(self.next_id(), wire.FEATURE_GOING_AWAY)
            self.version_2_spoken = True
        for _ in range(self.dice.randint(1, AHEAD_MAX)):
            number = self.next_id()
            self.out += self.one_request(number)
            self.unsent.append((self.went_bytes + len(self.out), self.in_flight[number]))
            if self.dice.random() < CANCELS:
                self.out += wire.frame(wire.CANCEL, number)
                self.in_flight[number].cancelled = True

    def next_id(self):
        self.last_id += 1
        return self.last_id

    def one_request(self, number):
        documents, dice = self.load.documents, self.dice
        is_batch = self.version == 2 and dice.random() < BATCHES
        asked = documents.several_alike(dice) if is_batch else [documents.draw(dice, self.version)]
        self.note(number, asked).is_batch = is_batch
        if is_batch:
            return wire.batch(number, [each.text for each in asked], asked[0].regime, asked[0].view)
        if self.version == 2:
            return wire.tokenize(number, asked[0].text, asked[0].regime, asked[0].view)
        return wire.request(number, asked[0].text)

    def note(self, number, asked):
        row = self.ledger.current
        self.in_flight[number] = sent = Sent(asked, row)
        self.ledger.add(row, "sent")
        return sent

    def forget(self, number):
        """It was not sent after all."""
        self.ledger.add(self.in_flight.pop(number).row, "sent", -1)

    def talk(self, left):
        """Until all is sent and no more than so many are in flight. False: the other side has ended. It reads while it
        sends, or each side could wait for the other to read."""
        while self.out or len(self.in_flight) > left:
            self.poll.register(self.socket, select.POLLIN | (select.POLLOUT if self.out else 0))
            events = self.poll.poll(1000 * REPLY_S_MAX)
            if not events:
                raise TimeoutError(f"nothing for {REPLY_S_MAX} s")
            if events[0][1] & select.POLLOUT:
                self.send_on()
            if events[0][1] & ~select.POLLOUT and not self.read_on():
                return False
        return True

    def send_on(self):
        with contextlib.suppress(BlockingIOError):
            went = self.socket.send(self.out[:SENT_AT_ONCE_BYTES])
            del self.out[:went]
            self.went_bytes += went
        self.note_sent()

    def note_sent(self):
        while self.unsent and self.unsent[0][0] <= self.went_bytes:
            self.unsent.pop(0)[1].at = time.monotonic()

    def read_on(self):
        with contextlib.suppress(BlockingIOError):
            more = self.receive()
            if not more:
                return False
            for kind, number, payload in self.incoming.frames(more):
                self.take(kind, number, payload)
        return True

    def receive(self):
        return self.socket.recv(1 << 18)

    def take(self, kind, number, payload):
        if kind == wire.HELLO_RESPONSE:
            return
        if kind == wire.GOING_AWAY:
            self.taken = wire.going_away(payload)
            return
        sent = self.in_flight.pop(number, None)
        if sent is None:
            return self.take_unasked(kind, number, payload)
        self.answered += 1
        status, why = self.judge(sent, kind, payload)
        name = wire.status_name(status)
        self.shutting_down += name == "shutting-down"
        if why:
            self.ledger.add(sent.row, "wrong")
            self.ledger.complain(f"wrong: {why} (request {number} of version {self.version}, during {sent.row})")
        elif status == wire.OK:
            self.ledger.add(sent.row, "ok")
        elif (name == "cancelled" and sent.cancelled) or self.ledger.allows_status(name, sent.begun):
            self.ledger.note_refusal(name)
            self.ledger.add(sent.row, "refused")
        else:
            self.ledger.add(sent.row, "wrong")
            self.ledger.complain(f"wrong: {name} for no reason, during {sent.row}")

    def take_unasked(self, kind, number, payload):
        """A refusal of the connection itself comes with id 0; anything else was answered before, or never asked."""
        if number == 0 and kind == wire.RESPONSE:
            name = wire.status_name(wire.counts(payload)[0])
            if self.ledger.allows_status(name, self.begun):
                self.ledger.note_refusal(name)
                return self.end("refused")
        what = "doubled" if 0 < number <= self.last_id else "wrong"
        self.ledger.add(self.ledger.current, what)
        self.ledger.complain(f"{what}: a reply of type {kind} to {number}, of {self.last_id} sent")

    def judge(self, sent, kind, payload):
        """Status, and what is wrong with the reply or None."""
        of_version_2 = wire.BATCH_RESPONSE if sent.is_batch else wire.TOKENIZE_RESPONSE
        wanted = wire.RESPONSE if self.version == 1 else of_version_2
        if kind != wanted:
            return wire.OK, f"type {kind} instead of {wanted}"
        if self.version == 1:
            status, tokens, issues = wire.counts(payload)
            return status, wrong_counts(sent.documents[0], status, tokens, issues)
        if not sent.is_batch:
            return judge_columns(sent.documents[0], self.columns(payload))
        status, parts = wire.batched(payload)
        if status != wire.OK:
            return status, None
        if len(parts) != len(sent.documents):
            return status, f"{len(parts)} responses to a batch of {len(sent.documents)}"
        for document, part in zip(sent.documents, parts):
            part_status, why = judge_columns(document, wire.tokenized(part))
            if why:
                return status, why
            status = status or part_status
        return status, None

    def columns(self, payload):
        return wire.tokenized(payload)

    def end(self, what):
        """The connection is over, and with it what was in flight."""
        for sent in self.in_flight.values():
            self.ledger.add(sent.row, what)
        self.in_flight.clear()

    def ended(self, error):
        self.socket.close()
        since = min((sent.begun for sent in self.in_flight.values()), default=time.monotonic())
        draining = self.load.draining_since
        if draining is not None:
            return self.ended_by_drain(draining)
        if isinstance(error, TimeoutError) or not self.ledger.allows_close(since):
            if not self.in_flight:
                self.ledger.unexplained_closes += 1
            self.ledger.complain(f"a connection of version {self.version} ended ({error}) with {len(self.in_flight)} "
                                 f"in flight, during {self.ledger.current}")
            return self.end("lost")
        self.end("closed")

    def ended_by_drain(self, draining):
        """What was read before it, or taken by the server's own word, must have been answered."""
        late = [sent for sent in self.in_flight.values() if sent.at is not None and sent.at < draining - self.load.late_s]
        missing = 0 if self.taken is None else max(0, self.taken - (self.answered - self.shutting_down))
        lost = max(len(late), missing)
        if lost and not self.load.ended_at_once:
            self.ledger.complain(f"a drain left {lost} unanswered of version {self.version}: {len(late)} sent early, "
                                 f"{missing} of {self.taken} taken, during {self.ledger.current}")
            for number in list(self.in_flight)[:lost]:
                self.ledger.add(self.in_flight.pop(number).row, "lost")
        self.end("closed")


def wrong_counts(document, status, tokens, issues):
    if status == wire.OK and (tokens, issues) != (document.token_count, document.issue_count):
        return f"{tokens} tokens and {issues} issues instead of {document.token_count} and {document.issue_count}"
    return None


def judge_columns(document, response):
    status, tokens, issues, columns = response
    why = wrong_counts(document, status, tokens, issues)
    if status == wire.OK and not why:
        for column, expected in ((wire.COLUMN_KIND, document.kinds), (wire.COLUMN_START, document.starts)):
            if columns.get(column) != expected:
                why = f"column {column} of a document of {len(document.text)} bytes"
    return status, why
