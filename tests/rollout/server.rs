//! As much of a Kubernetes API server as kubectl needs to list, apply and delete: objects in memory, on a port of
//! loopback, with a log of what was changed and what there was after each change.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// Group and version, kind, and the name of the resource.
const RESOURCES: [(&str, &str, &str); 10] = [
    ("v1", "Namespace", "namespaces"),
    ("v1", "Service", "services"),
    ("v1", "Pod", "pods"),
    ("apps/v1", "Deployment", "deployments"),
    ("apps/v1", "StatefulSet", "statefulsets"),
    ("apps/v1", "DaemonSet", "daemonsets"),
    ("networking.istio.io/v1", "Gateway", "gateways"),
    ("networking.istio.io/v1", "VirtualService", "virtualservices"),
    ("security.istio.io/v1", "AuthorizationPolicy", "authorizationpolicies"),
    ("security.istio.io/v1", "RequestAuthentication", "requestauthentications"),
];

/// `security.istio.io/v1/authorizationpolicies`, namespace and name.
type Key = (String, String, String);
/// All objects of the server.
pub type Objects = BTreeMap<Key, Value>;

/// A change, and what there was after it.
#[derive(Debug, Clone)]
pub struct Change {
    /// `PATCH authorizationpolicies web/shop`
    pub what: String,
    pub after: Objects,
}

#[derive(Default)]
struct State {
    objects: Objects,
    changes: Vec<Change>,
    /// What was asked for and is not there at all.
    unknown: Vec<String>,
    version: u64,
}

pub struct Server {
    state: Arc<Mutex<State>>,
    pub port: u16,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || drop(serve(&stream, &state)));
            }
        });
        Server { state, port }
    }

    /// Puts an object there without a word in the log.
    pub fn put(&self, object: &Value) {
        let (version, kind) = (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap());
        let (.., resource) = RESOURCES.iter().find(|(v, k, _)| *v == version && *k == kind).unwrap();
        let key = (
            format!("{version}/{resource}"),
            object["metadata"]["namespace"].as_str().unwrap().to_string(),
            object["metadata"]["name"].as_str().unwrap().to_string(),
        );
        self.state.lock().unwrap().objects.insert(key, object.clone());
    }

    /// Takes the pods with a label `app` away.
    pub fn end_pods(&self, app: &str) {
        let mut state = self.state.lock().unwrap();
        state.objects.retain(|_, object| object["kind"] != "Pod" || object["metadata"]["labels"]["app"] != app);
    }

    pub fn objects(&self) -> Objects {
        self.state.lock().unwrap().objects.clone()
    }

    /// What was changed since it was asked last.
    pub fn changes(&self) -> Vec<Change> {
        let mut state = self.state.lock().unwrap();
        assert_eq!(state.unknown, Vec::<String>::new(), "kubectl asked for what the server does not know");
        std::mem::take(&mut state.changes)
    }
}

struct Request {
    method: String,
    path: String,
    query: String,
    content_type: String,
    body: Vec<u8>,
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_string(), words.next()?.to_string());
    let (mut length, mut content_type) = (0, String::new());
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "content-type" => content_type = value.trim().to_string(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Request { method, path: path.to_string(), query: query.to_string(), content_type, body })
}

fn serve(stream: &TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let (status, answer) = answer(&request, &mut state.lock().unwrap());
        let body = answer.to_string();
        write!(
            &*stream,
            "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
    }
    Ok(())
}

fn answer(request: &Request, state: &mut State) -> (u16, Value) {
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["api"] => (200, json!({ "kind": "APIVersions", "versions": ["v1"] })),
        ["apis"] => (200, groups()),
        ["api", "v1"] => (200, resources("v1")),
        ["apis", group, version] => (200, resources(&format!("{group}/{version}"))),
        // Fields that it does not know are the server's own business; there is no schema.
        ["openapi", "v2"] => status(404, "NotFound"),
        ["openapi", "v3"] => (200, openapi()),
        ["openapi", "v3", ..] => (200, schema(&parts[2..].join("/"))),
        // Every namespace is there.
        ["api", "v1", "namespaces", name] => {
            (200, json!({ "kind": "Namespace", "apiVersion": "v1", "metadata": { "name": name } }))
        }
        ["api", "v1", rest @ ..] => objects(request, state, "v1", rest),
        ["apis", group, version, rest @ ..] => objects(request, state, &format!("{group}/{version}"), rest),
        _ => unknown(request, state),
    }
}

fn unknown(request: &Request, state: &mut State) -> (u16, Value) {
    state.unknown.push(format!("{} {}", request.method, request.path));
    status(404, "NotFound")
}

fn status(code: u16, reason: &str) -> (u16, Value) {
    let status = if code < 300 { "Success" } else { "Failure" };
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": status, "reason": reason, "code": code });
    (code, body)
}

fn groups() -> Value {
    let group = |name: &str| {
        let version = json!({ "groupVersion": format!("{name}/v1"), "version": "v1" });
        json!({ "name": name, "versions": [version], "preferredVersion": version })
    };
    let groups = ["apps", "networking.istio.io", "security.istio.io"].map(group);
    json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups })
}

fn resources(version: &str) -> Value {
    let of = RESOURCES.iter().filter(|(v, ..)| *v == version).map(|(_, kind, name)| {
        let verbs = ["get", "list", "watch", "create", "update", "patch", "delete"];
        let singular = kind.to_lowercase();
        json!({ "name": name, "singularName": singular, "namespaced": true, "kind": kind, "verbs": verbs })
    });
    json!({ "kind": "APIResourceList", "groupVersion": version, "resources": of.collect::<Vec<_>>() })
}

fn openapi() -> Value {
    let path = |version: &str| if version == "v1" { "api/v1".to_string() } else { format!("apis/{version}") };
    let paths: serde_json::Map<String, Value> = RESOURCES
        .iter()
        .map(|(version, ..)| (path(version), json!({ "serverRelativeURL": format!("/openapi/v3/{}", path(version)) })))
        .collect();
    json!({ "paths": paths })
}

/// That each resource takes the parameter with which kubectl leaves it to the server to check the fields.
fn schema(group: &str) -> Value {
    let version = group.strip_prefix("apis/").or_else(|| group.strip_prefix("api/")).unwrap_or_default();
    let parameter = json!([{ "name": "fieldValidation", "in": "query", "schema": { "type": "string" } }]);
    let paths: serde_json::Map<String, Value> = RESOURCES
        .iter()
        .filter(|(of, ..)| *of == version)
        .map(|(_, kind, name)| {
            let (group, version) = version.split_once('/').unwrap_or(("", version));
            let id = json!({ "group": group, "version": version, "kind": kind });
            let patch = json!({ "parameters": parameter, "x-kubernetes-group-version-kind": id });
            (format!("/{name}/{{name}}"), json!({ "patch": patch }))
        })
        .collect();
    json!({ "openapi": "3.0.0", "info": { "title": "-", "version": "-" }, "paths": paths })
}

fn objects(request: &Request, state: &mut State, version: &str, rest: &[&str]) -> (u16, Value) {
    let (namespace, resource, name) = match *rest {
        [resource] => (None, resource, None),
        ["namespaces", namespace, resource] => (Some(namespace), resource, None),
        ["namespaces", namespace, resource, name] => (Some(namespace), resource, Some(name)),
        _ => return unknown(request, state),
    };
    let Some((_, kind, _)) = RESOURCES.iter().find(|(v, _, r)| *v == version && *r == resource) else {
        return unknown(request, state);
    };
    let of = format!("{version}/{resource}");
    let key = |name: &str| (of.clone(), namespace.unwrap_or_default().to_string(), name.to_string());
    match (request.method.as_str(), name) {
        ("GET", None) => {
            let wanted = request.query.split('&').find_map(|p| p.strip_prefix("fieldSelector=metadata.name%3D"));
            let items = state.objects.iter().filter(|((r, n, name), _)| {
                *r == of && namespace.is_none_or(|namespace| n == namespace) && wanted.is_none_or(|w| w == name)
            });
            let items: Vec<&Value> = items.map(|(_, object)| object).collect();
            let metadata = json!({ "resourceVersion": state.version.to_string() });
            (200, json!({ "kind": format!("{kind}List"), "apiVersion": version, "metadata": metadata, "items": items }))
        }
        ("GET", Some(name)) => {
            state.objects.get(&key(name)).map_or_else(|| status(404, "NotFound"), |object| (200, object.clone()))
        }
        ("POST", None) => {
            let object: Value = serde_json::from_slice(&request.body).unwrap();
            let name = object["metadata"]["name"].as_str().unwrap().to_string();
            (201, keep(state, request, &key(&name), object))
        }
        ("PUT", Some(name)) => {
            let object = serde_json::from_slice(&request.body).unwrap();
            (200, keep(state, request, &key(name), object))
        }
        ("PATCH", Some(name)) => {
            assert_eq!(request.content_type, "application/merge-patch+json");
            let Some(mut object) = state.objects.get(&key(name)).cloned() else { return status(404, "NotFound") };
            merge(&mut object, &serde_json::from_slice(&request.body).unwrap());
            (200, keep(state, request, &key(name), object))
        }
        ("DELETE", Some(name)) => match state.objects.remove(&key(name)) {
            Some(_) => {
                log(state, request, &key(name));
                status(200, "")
            }
            None => status(404, "NotFound"),
        },
        _ => unknown(request, state),
    }
}

fn keep(state: &mut State, request: &Request, key: &Key, mut object: Value) -> Value {
    state.version += 1;
    object["metadata"]["resourceVersion"] = json!(state.version.to_string());
    if object["metadata"]["uid"].is_null() {
        object["metadata"]["uid"] = json!(format!("uid-{}", state.version));
    }
    state.objects.insert(key.clone(), object.clone());
    log(state, request, key);
    object
}

fn log(state: &mut State, request: &Request, (of, namespace, name): &Key) {
    let resource = of.rsplit('/').next().unwrap();
    let what = format!("{} {resource} {namespace}/{name}", request.method);
    state.changes.push(Change { what, after: state.objects.clone() });
}

/// A JSON merge patch, RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    for (key, change) in changes {
        if change.is_null() {
            target.as_object_mut().unwrap().shift_remove(key);
        } else {
            merge(&mut target[key.as_str()], change);
        }
    }
}
