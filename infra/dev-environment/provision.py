"""What a new development environment needs of the control plane: `provision.py STEP`.

  operator-exists   exits with 0 when the operator can log in
  node-token        prints a join token for the node `local`
  tenant            tenant, plan, domain, key, credential and user; writes the file `env`

Every step looks first and changes only what is missing, so each may be run again. What is shown only once is kept in
DEV_STATE/secrets. DEV_PORTS holds the lines DEV_…_PORT=number.
"""

import json
import os
import pathlib
import secrets
import shlex
import sys

from api import API, APIError

OPERATOR, USER = "operator@example.com", "user@example.com"
TENANT, PLAN, DOMAIN, NODE = "Example", "unlimited", "example.com", "local"
TENANTS = "/api/v1/dispatch/tenants"

state = pathlib.Path(os.environ["DEV_STATE"])
ports = dict(line.split("=", 1) for line in os.environ["DEV_PORTS"].split())


def url(port):
    return f"http://127.0.0.1:{ports[f'DEV_{port}_PORT']}"


def kept(name):
    """A secret that was kept, or None."""
    try:
        return (state / "secrets" / name).read_text().strip() or None
    except FileNotFoundError:
        return None


def keep(name, text):
    path = state / "secrets" / name
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(text + "\n")
    new.rename(path)
    return text


def log_in(email, password):
    answer = API(url("CONTROL")).post("/api/v1/auth/login", {"email": email, "password": password})
    return answer["data"]["access_token"]


def operator():
    return API(url("CONTROL"), bearer=log_in(OPERATOR, kept("operator-password")))


def operator_exists():
    if not kept("operator-password"):
        sys.exit(1)
    try:
        operator()
    except APIError as error:
        sys.exit(1 if error.status == 401 else f"dev: {error}")


def node_token():
    """For a node whose folder is new. An older one of that name has lost its keys and goes; names are used once."""
    api = operator()
    for node in api.get("/api/v1/admin/nodes")["data"]:
        if node["name"].split("-")[0] == NODE:
            api.delete(f"/api/v1/admin/nodes/{node['number']}")
    for number in range(1, 1000):
        name = NODE if number == 1 else f"{NODE}-{number}"
        try:
            print(api.post("/api/v1/admin/nodes", {"name": name})["data"]["join_token"])
            return
        except APIError as error:
            if error.status != 409:
                raise
    sys.exit("dev: no name is left for the node: infra/dev reset")


def tenant():
    api = operator()
    tenant_id = make_tenant(api)
    path = f"{TENANTS}/{tenant_id}"
    make_domain(api, tenant_id)
    key = make_key(api, path)
    username, password = make_credential(api, path)
    user_password = make_user(api, path)
    write_environment(
        DEV_TENANT_ID=tenant_id, DEV_SENDER_DOMAIN=DOMAIN, DEV_API_KEY=key, DEV_USERNAME=username,
        DEV_PASSWORD=password, DEV_JWT=log_in(USER, user_password),
        DEV_OPERATOR_JWT=log_in(OPERATOR, kept("operator-password")), DEV_USER_EMAIL=USER,
        DEV_USER_PASSWORD=user_password, DEV_OPERATOR_EMAIL=OPERATOR,
        DEV_OPERATOR_PASSWORD=kept("operator-password"))


def make_tenant(api):
    for found in api.get(f"{TENANTS}?limit=100")["data"]:
        if found["tenant_name"] == TENANT:
            return found["id"]
    return api.post(TENANTS, {"tenant_name": TENANT, "plan": PLAN})["data"]["id"]


def make_domain(api, tenant_id):
    """Nobody publishes records for example.com, so the operator vouches for it in place of DNS."""
    path = f"{TENANTS}/{tenant_id}/domains"
    domain = next((found for found in api.get(path)["data"] if found["domain"] == DOMAIN), None)
    if domain is None:
        domain = api.post(path, {"domain": DOMAIN})["data"]["domain"]
    if not domain["verified"]:
        api.post(
            f"/api/v1/admin/tenants/{tenant_id}/domains/{domain['id']}/override",
            {"reason": "development environment"})


def make_key(api, path):
    key = kept("api-key")
    prefixes = [found["prefix"] for found in api.get(f"{path}/api-keys")["data"]]
    if key and any(key.startswith(prefix) for prefix in prefixes):
        return key
    made = api.post(
        f"{path}/api-keys", {"name": "Development", "scopes": ["*"], "rate_limit_per_minute": 100_000})
    return keep("api-key", made["data"]["key"])


def make_credential(api, path):
    credential = json.loads(kept("credential") or "{}")
    usernames = [found["username"] for found in api.get(f"{path}/credentials")["data"]]
    if credential.get("username") not in usernames:
        made = api.post(f"{path}/credentials", {"label": "Development"})["data"]
        credential = {"username": made["username"], "password": made["password"]}
        keep("credential", json.dumps(credential))
    return credential["username"], credential["password"]


def make_user(api, path):
    """A person who owns the tenant, as a portal's user would."""
    password = kept("user-password") or keep("user-password", secrets.token_urlsafe(18))
    for request in (
        ("/api/v1/admin/users", {"email": USER, "password": password, "name": "Development user"}),
        (f"{path}/members", {"email": USER, "role": "owner"}),
    ):
        try:
            api.post(*request)
        except APIError as error:
            if error.status != 409:
                raise
    return password


def write_environment(**variables):
    """Lines of NAME=value that a shell can source."""
    host = "localhost"
    everything = {
        **ports,
        "DEV_CONTROL_URL": url("CONTROL"),
        "DEV_CONTROL_METRICS_URL": url("CONTROL_METRICS"),
        "DEV_NODE_URL": url("NODE"),
        "DEV_NODE_TLS_URL": f"https://{host}:{ports['DEV_NODE_TLS_PORT']}",
        "DEV_NODE_METRICS_URL": url("NODE_METRICS"),
        "DEV_CATCHER_URL": url("CATCHER_HTTP"),
        "DEV_CA_FILE": str(state / "tls" / "ca.pem"),
        **variables,
    }
    new = state / "env.new"
    new.touch(mode=0o600)
    new.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in everything.items()))
    new.rename(state / "env")


STEPS = {"operator-exists": operator_exists, "node-token": node_token, "tenant": tenant}

try:
    STEPS[sys.argv[1]]()
except APIError as error:
    sys.exit(f"dev: {error}")
