//! The two places where lines count: a host of a gateway, and an app, with the paths that it sees.

use super::paths;
use super::tokens::{self, Asks, TooManyTokens};
use crate::ir::{self, AppId, GatewayId, Host, MethodSet, PathPattern, Program, Route};

/// A line, where it counts.
#[derive(Debug, Clone, Copy)]
pub struct Line<'p> {
    /// The app that it stands in.
    pub app: AppId,
    /// What it says.
    pub route: &'p Route,
    /// Its path: as it is written, or as the app sees it.
    pub path: &'p PathPattern,
}

impl<'p> Line<'p> {
    /// Whether it lets anything through to an app.
    pub fn reaches_app(&self) -> bool {
        matches!(self.route.access, ir::Access::Public | ir::Access::Require { .. })
    }

    /// What it asks of a request that is to reach an app.
    pub fn asks(&self, program: &Program) -> Asks<'p> {
        match &self.route.access {
            ir::Access::Public => Asks::Nothing,
            ir::Access::Require { formula, .. } => Asks::Token(formula, tokens::trusted(program, self.app)),
            ir::Access::Deny | ir::Access::Redirect(_) => Asks::TooMuch,
        }
    }
}

/// The lines that count together.
pub struct Place<'p> {
    pub lines: Vec<Line<'p>>,
    /// Whether it is a gateway, which answers redirects itself.
    is_gateway: bool,
}

/// The host of a gateway that a name belongs to: the most specific one that has a line.
pub fn host_of<'p>(program: &'p Program, gateway: GatewayId, name: &Host) -> Option<&'p Host> {
    let routes = served_by(program, gateway).flat_map(|(app, route)| hosts(program, app, route));
    routes.filter(|host| host.covers(name)).max_by_key(|host| host.specificity())
}

fn served_by(program: &Program, gateway: GatewayId) -> impl Iterator<Item = (AppId, &Route)> {
    let apps = program.app_ids().filter(move |(_, app)| app.gateways.contains(&gateway));
    apps.flat_map(|(id, app)| app.routes.iter().map(move |route| (id, route)))
}

/// "host blocks": the hosts of the block, or all of the app.
fn hosts<'p>(program: &'p Program, app: AppId, route: &'p Route) -> Vec<&'p Host> {
    match &route.hosts {
        Some(listed) => listed.iter().collect(),
        None => program.app(app).hosts.iter().map(|host| &host.value).collect(),
    }
}

/// All lines that hold on a host. "Which line decides": of two apps that have the same path there, the one whose host is
/// more specific has it.
pub fn host<'p>(program: &'p Program, gateway: GatewayId, host: &Host) -> Place<'p> {
    let mut held: Vec<(usize, Line<'p>)> = Vec::new();
    for (app, route) in served_by(program, gateway) {
        let covering = hosts(program, app, route).into_iter().filter(|listed| listed.covers(host));
        if let Some(specificity) = covering.map(Host::specificity).max() {
            held.push((specificity, Line { app, route, path: &route.path }));
        }
    }
    let owner = |path: &PathPattern| {
        let rivals = held.iter().filter(|(_, rival)| rival.path == path);
        rivals.max_by_key(|(specificity, _)| *specificity).map(|(_, rival)| rival.app)
    };
    let lines = held.iter().map(|(_, line)| *line).filter(|line| owner(line.path) == Some(line.app)).collect();
    Place { lines, is_gateway: true }
}

/// All lines whose requests come to an app, on whichever hosts: its own, and those that send it a share.
pub fn app(program: &Program, app: AppId) -> Place<'_> {
    let mut lines = Vec::new();
    for (of, other) in program.app_ids() {
        for route in &other.routes {
            let comes = of == app || route.options.shares.iter().any(|share| share.app == app);
            let path = route.options.rewrite.as_ref().unwrap_or(&route.path);
            lines.extend(comes.then_some(Line { app: of, route, path }));
        }
    }
    Place { lines, is_gateway: false }
}

/// The names under which requests that enter by a host of a gateway come to an app, as far as its `host` blocks tell them
/// apart. `None` is every name that no block has.
pub fn names<'p>(program: &'p Program, gateway: GatewayId, host: &Host, app: AppId) -> Vec<Option<&'p Host>> {
    let lines = self::app(program, app).lines;
    let blocks: Vec<&Host> = lines.iter().filter_map(|line| line.route.hosts.as_ref()).flatten().collect();
    let enters = |block: &&&Host| host_of(program, gateway, block) == Some(host);
    let mut names: Vec<_> = blocks.iter().filter(enters).map(|&block| Some(block)).collect();
    if !blocks.contains(&host) {
        names.push(None);
    }
    names
}

impl<'p> Place<'p> {
    /// The lines that hold on a host of these.
    pub fn on(&self, host: Option<&Host>) -> Place<'p> {
        let holds = |line: &&Line<'p>| match (&line.route.hosts, host) {
            (None, _) => true,
            (Some(listed), Some(host)) => listed.iter().any(|l| l.covers(host)),
            (Some(_), None) => false,
        };
        Place { lines: self.lines.iter().filter(holds).copied().collect(), is_gateway: self.is_gateway }
    }

    /// The apps behind it, each once.
    pub fn apps(&self) -> Vec<AppId> {
        let of = |line: &Line<'p>| {
            [line.app].into_iter().chain(line.route.options.shares.iter().map(|s| s.app)).collect::<Vec<_>>()
        };
        let mut apps: Vec<AppId> = self.lines.iter().flat_map(of).collect();
        apps.sort_unstable();
        apps.dedup();
        apps
    }

    /// The paths that have lines, each once.
    pub fn paths(&self) -> Vec<&'p PathPattern> {
        let mut paths: Vec<&PathPattern> = self.lines.iter().map(|line| line.path).collect();
        paths.sort();
        paths.dedup();
        paths
    }

    /// "Which line decides": the lines of the most specific path that a request path has.
    pub fn owner(&self, path: &str) -> Vec<&Line<'p>> {
        let matching: Vec<&PathPattern> = self.paths().into_iter().filter(|p| paths::matches(p, path)).collect();
        let Some(owner) = paths::most_specific(&matching) else { return Vec::new() };
        self.of(owner)
    }

    fn of(&self, path: &PathPattern) -> Vec<&Line<'p>> {
        self.lines.iter().filter(|line| line.path == path).collect()
    }

    /// "Confusing paths": whether such paths are refused here.
    pub fn is_mixed(&self, program: &Program) -> Result<bool, TooManyTokens> {
        let paths = self.paths();
        let open_ended: Vec<&PathPattern> = paths.iter().copied().filter(|path| paths::is_open_ended(path)).collect();
        let has_all = paths.contains(&&PathPattern::everything());
        if !has_all && open_ended.iter().any(|path| self.of(path).iter().any(|line| line.reaches_app())) {
            return Ok(true);
        }
        for open in open_ended {
            for other in &paths {
                if self.asks_less(program, open, other)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Whether somebody may do with one path what they may not do with the other.
    pub fn asks_less(&self, program: &Program, path: &PathPattern, other: &PathPattern) -> Result<bool, TooManyTokens> {
        let named = ir::Method::ALL.map(|method| MethodSet::EMPTY.with(method));
        // The methods without a name are in `ANY` alone.
        let unnamed = named.iter().fold(MethodSet::ANY, |rest, method| rest.difference(*method));
        for method in named.into_iter().chain([unnamed]) {
            if tokens::asks_less(program, &self.asked(program, path, method), &self.asked(program, other, method))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a path asks for one method.
    fn asked(&self, program: &Program, path: &PathPattern, method: MethodSet) -> Asks<'p> {
        let lists = |line: &&&Line<'p>| !line.route.methods.intersection(method).is_empty();
        let lines = self.of(path);
        let asked = |line: &&Line<'p>| match line.route.access {
            ir::Access::Redirect(_) if self.is_gateway => Asks::Nothing,
            _ => line.asks(program),
        };
        lines.iter().find(lists).map_or(Asks::TooMuch, asked)
    }

    /// "Path", the rule for brackets.
    pub fn refuses_bracket(&self, program: &Program, path: &str) -> Result<bool, TooManyTokens> {
        if !path.contains(['[', ']']) {
            return Ok(false);
        }
        let paths = self.paths();
        let (starred, plain): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| paths::has_star(path));
        let around: Vec<&PathPattern> = plain.into_iter().filter(|plain| paths::matches(plain, path)).collect();
        let around = paths::most_specific(&around);
        for star in starred.into_iter().filter(|star| paths::begins_like(path, star)) {
            let differs = match around {
                None => true,
                Some(around) if !paths::is_inside(star, around) => false,
                Some(around) => self.asks_less(program, star, around)? || self.asks_less(program, around, star)?,
            };
            if differs {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
