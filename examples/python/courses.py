"""Shows the courses of gradeloop that a user may see.

Logs in at the gateway, then calls academics-service itself: with the user's token, a service token of its own, a
deadline, and the system's call policy. The generated code must be on the PYTHONPATH.
"""

import argparse
import json
import os
import sys
import urllib.request

import grpc

from academics.v1 import academics_pb2, academics_pb2_grpc


LOG_IN_SECONDS = 5.0


def log_in(gateway: str, email: str, password: str) -> str:
    """The user's access token."""
    request = urllib.request.Request(
        f"{gateway}/api/v1/auth/login",
        data=json.dumps({"email": email, "password": password}).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=LOG_IN_SECONDS) as response:
        return json.load(response)["data"]["access_token"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", help="file printed by: parley export service-config")
    parser.add_argument("--timeout", type=float, default=3.0, help="deadline of the call in seconds")
    arguments = parser.parse_args()
    env = os.environ

    gateway = env.get("GATEWAY_URL", "http://localhost:8080")
    try:
        token = log_in(gateway, env["EMAIL"], env["PASSWORD"])
    except OSError as error:
        print(f"log in: {error}", file=sys.stderr)
        return 1
    options = []
    if arguments.policy:
        with open(arguments.policy, encoding="utf-8") as file:
            options.append(("grpc.service_config", file.read()))
    metadata = [("authorization", f"Bearer {token}")]
    if env.get("SERVICE_TOKEN"):
        metadata += [("x-service-name", "python-client"), ("x-service-token", env["SERVICE_TOKEN"])]

    with grpc.insecure_channel(env.get("ACADEMICS_SERVICE_URL", "localhost:8081"), options) as channel:
        academics = academics_pb2_grpc.AcademicsServiceStub(channel)
        try:
            courses = academics.ListCourses(
                academics_pb2.ListCoursesRequest(), timeout=arguments.timeout, metadata=metadata
            ).courses
        except grpc.RpcError as error:
            print(f"list courses: {error.code().name}: {error.details()}", file=sys.stderr)
            return 1
    for course in courses:
        print(f"{course.id} {course.code} {course.title} ({course.instructor_id})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
