"""Prints the events of a NATS subject, which are plain JSON, one per line. Nothing of Parley is needed to read them."""

import argparse
import asyncio
import json
import os
import sys

import nats


async def listen(server: str, subject: str, count: int, timeout: float) -> int:
    # As the services themselves do: try again without end, 2 s apart.
    connection = await nats.connect(server, max_reconnect_attempts=-1, reconnect_time_wait=2)
    try:
        subscription = await connection.subscribe(subject, max_msgs=count)
        await connection.flush()
        print(f"listening to {subject}", file=sys.stderr, flush=True)
        for _ in range(count):
            message = await subscription.next_msg(timeout=timeout)
            print(json.dumps({"subject": message.subject, "data": json.loads(message.data)}), flush=True)
    except nats.errors.TimeoutError:
        print(f"nothing came within {timeout:g} s", file=sys.stderr)
        return 1
    finally:
        await connection.close()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("subject", nargs="?", default="assignments.created")
    parser.add_argument("--count", type=int, default=1, help="events to wait for")
    parser.add_argument("--timeout", type=float, default=60.0, help="how long to wait for each, in seconds")
    arguments = parser.parse_args()
    server = os.environ.get("NATS_URL", "nats://localhost:4222")
    return asyncio.run(listen(server, arguments.subject, arguments.count, arguments.timeout))


if __name__ == "__main__":
    sys.exit(main())
