"""The table at the end."""

import statistics

COLUMNS = ("sent", "ok", "refused", "closed", "lost", "doubled", "wrong")


def cells(row):
    recovery = row.recovery_s
    return [str(row.times), *(str(getattr(row, column)) for column in COLUMNS),
            *(f"{1000 * of(recovery):.0f}" if recovery else "" for of in (statistics.median, max))]


def total_of(rows):
    return ["all", str(sum(row.times for row in rows)),
            *(str(sum(getattr(row, column) for row in rows)) for column in COLUMNS), "",
            f"{1000 * max((max(row.recovery_s, default=0) for row in rows), default=0):.0f}"]


def table(ledger):
    rows = sorted(ledger.rows.items())
    lines = [["fault", "faults", *COLUMNS, "recovery p50 ms", "max ms"], ["---"] * 11]
    lines += [[name, *cells(row)] for name, row in rows]
    lines.append(total_of([row for _, row in rows]))
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    refused = ", ".join(f"{name} {count}" for name, count in sorted(ledger.refusals.items()))
    return f"{text}\n\nRefused: {refused or 'none'}. Connections that ended for no reason: {ledger.unexplained_closes}."
