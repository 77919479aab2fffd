//! The loop: requests arrive, the machine is told what the world does, the books are kept.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::auction::Dice;
use crate::hedge::{Allowance, Leg, Prospect};
use crate::profile::Sketch;
use crate::race::{Ask, Config, Ending, Input, LaneId, Outcome, Output, Race, Rules, Trigger};

use super::policy::{Delay, Plan, Policy};
use super::report::{Report, Sums};
use super::world::{Actor, World};

/// Times of the first lane before its quantile is taken at its word; the same as at work.
pub const WARM: f64 = 20.0;
/// Requests after which the delay is looked up again.
const REFRESH: usize = 256;
/// Bounds of the quantile where a share of the spend is allowed.
const RANGE: (f64, f64) = (0.5, 0.995);

/// Runs every policy over the same requests.
#[must_use]
pub fn simulate(world: &World) -> Report {
    let mut report = Report::default();
    for policy in &world.policies {
        let mut row = Runner::new(world, policy).run().row(&policy.name);
        let first = report
            .policies
            .first()
            .map_or(row.cost_usd, |row| row.cost_usd);
        row.extra_spend = if first > 0.0 {
            row.cost_usd / first - 1.0
        } else {
            0.0
        };
        report.policies.push(row);
    }
    report
}

/// What happens next to a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Fails,
    Speaks,
    Ends,
}

/// What the world has in store for one lane of one request.
#[derive(Clone, Copy, Debug, Default)]
struct Fate {
    ttft_ns: u64,
    rest_ns: u64,
    fails: bool,
    valid: bool,
    started: Option<u64>,
    ended: Option<u64>,
}

/// One policy at work.
struct Runner<'a> {
    world: &'a World,
    policy: &'a Policy,
    cast: Vec<usize>,
    config: Config,
    allowance: Option<Allowance>,
    /// The first lane's times to the first token, and the second's.
    seen: [Sketch; 2],
    sums: Sums,
}

impl<'a> Runner<'a> {
    fn new(world: &'a World, policy: &'a Policy) -> Self {
        let allowance = policy
            .allowance
            .map(|(share, free, window_s)| Allowance::new(share, free, (window_s * 1e9) as u64));
        Self {
            world,
            policy,
            cast: policy.cast(),
            config: policy.config(&world.actors, &world.task),
            allowance,
            seen: [Sketch::default(), Sketch::default()],
            sums: Sums::default(),
        }
    }

    fn run(mut self) -> Sums {
        let task = &self.world.task;
        let mut arrivals = Dice::new(task.seed ^ 0xa11_1ca1);
        let mut now = 0.0;
        for number in 0..task.races {
            now -= (1.0 - arrivals.uniform()).ln() / task.rate;
            if number % REFRESH == 0 || number < REFRESH {
                self.learn_delay();
            }
            self.race(number, (now * 1e9) as u64);
        }
        self.sums.races = task.races;
        self.sums
    }

    /// Puts the delay that the profiles give now into the configuration, and the weight of a hedge.
    fn learn_delay(&mut self) {
        let Plan::Hedge(delay) = self.policy.plan else {
            return;
        };
        let quantile = match delay {
            Delay::Fixed(seconds) => return self.sums.delay_s = Some(seconds),
            Delay::Quantile(quantile) => quantile,
            Delay::Spend => self.quantile_of_spend(),
        };
        if self.seen[0].weight() < WARM {
            return;
        }
        self.sums.delay_s = self.seen[0].quantile(quantile);
        let by = self
            .sums
            .delay_s
            .map_or(u64::MAX, |seconds| (seconds * 1e9) as u64);
        for trigger in self
            .config
            .lanes
            .iter_mut()
            .flat_map(|lane| &mut lane.start)
        {
            if let Trigger::Late { by_ns, .. } = trigger {
                *by_ns = by.max(1);
            }
        }
    }

    /// The quantile at which hedges cost the allowed share: `1 − share / weight`, the weight of a hedge that waits as long.
    fn quantile_of_spend(&mut self) -> f64 {
        let mut quantile = 0.95;
        let (share, _, _) = self.policy.allowance.unwrap_or_default();
        for _ in 0..2 {
            let weight = self.weight(quantile);
            quantile = (1.0 - share / weight.max(1e-9)).clamp(RANGE.0, RANGE.1);
            if let Some(metered) = &mut self.config.budget.metered {
                *metered = weight;
            }
        }
        quantile
    }

    /// What a hedge at this quantile costs, in requests of the first lane's price.
    fn weight(&self, quantile: f64) -> f64 {
        let actor = |lane: usize| &self.world.actors[self.cast[lane.min(self.cast.len() - 1)]];
        let leg = |lane: usize| leg(actor(lane), &self.seen[lane]);
        let delay = self.seen[0].quantile(quantile).unwrap_or(f64::MAX);
        let prospect = Prospect::of(&leg(0), &leg(1), delay, None);
        let price = actor(0).in_usd + actor(0).out_usd;
        prospect
            .filter(|_| price > 0.0)
            .map_or(1.0, |prospect| prospect.extra_usd.max(0.0) / price)
    }

    fn race(&mut self, number: usize, arrival: u64) {
        let mut fates = self.fates(number);
        let mut race = Race::new(self.config.clone(), Rules::default());
        let mut due = BinaryHeap::new();
        let (mut now, mut input) = (arrival, Input::Start);
        if let Some(allowance) = &mut self.allowance {
            allowance.request(arrival);
        }
        loop {
            // The simulated driver follows the order of orders, so that this is no misuse; were it one, the race would
            // be over without an answer and the report would show it.
            if race.input(now, input).is_err() {
                break;
            }
            let (until, ticket) = self.obey(&mut race, now, &mut fates, &mut due);
            if let Some((lane, ticket)) = ticket {
                let passed = fates[lane as usize].valid;
                input = Input::Checked {
                    ticket,
                    passed,
                    score: None,
                };
                continue;
            }
            match self.next(&mut race, until, &mut fates, &mut due) {
                Some(next) => (now, input) = next,
                None => break,
            }
        }
        self.settle(&race, &fates, arrival, now);
    }

    /// What the race is told next, and when: what the world does, or its own deadline if that is sooner.
    fn next(
        &mut self,
        race: &mut Race,
        until: Option<u64>,
        fates: &mut [Fate],
        due: &mut Due,
    ) -> Option<(u64, Input<'a>)> {
        if race.is_over() {
            return None;
        }
        let next = due.peek().map(|Reverse((at, _, _))| *at);
        if let Some(tick) = until.filter(|tick| next.is_none_or(|next| *tick < next)) {
            return Some((tick, Input::Tick));
        }
        let Reverse((at, lane, step)) = due.pop()?;
        let input = match self.world_does(race, at, lane, step, fates, due) {
            Some(Step::Speaks) => Input::Deltas {
                lane,
                deltas: &self.world.script[..1],
            },
            Some(Step::Ends) => Input::Deltas {
                lane,
                deltas: &self.world.script[1..],
            },
            Some(Step::Fails) => Input::Ended {
                lane,
                how: Ending::Failed,
                detail: "",
            },
            None => Input::Tick,
        };
        Some((at, input))
    }

    /// Every lane's fate: a function of seed, request and lane alone, so that policies meet the same world.
    fn fates(&self, number: usize) -> Vec<Fate> {
        let fate = |(lane, model): (usize, &usize)| {
            let place = (number as u64) << 8 | lane as u64;
            let mut dice =
                Dice::new(self.world.task.seed ^ place.wrapping_mul(0x9e6c_63d0_76cc_4315));
            let actor = &self.world.actors[*model];
            Fate {
                ttft_ns: (actor.ttft.draw(&mut dice) * 1e9) as u64,
                rest_ns: (actor.rest.draw(&mut dice) * 1e9) as u64,
                fails: dice.uniform() < actor.fails,
                valid: dice.uniform() < actor.valid,
                started: None,
                ended: None,
            }
        };
        self.cast.iter().enumerate().map(fate).collect()
    }

    /// Carries out the race's orders; gives its next deadline and the question it asks, if any.
    fn obey(
        &mut self,
        race: &mut Race,
        now: u64,
        fates: &mut [Fate],
        due: &mut Due,
    ) -> (Option<u64>, Option<(LaneId, u64)>) {
        let (mut until, mut ticket) = (None, None);
        let (allowance, sums) = (&mut self.allowance, &mut self.sums);
        let grant = |ask: Ask| {
            let granted = allowance
                .as_mut()
                .is_none_or(|held| held.hedge(now, ask.weight));
            sums.hedges += usize::from(granted);
            granted
        };
        race.drain(now, grant, |output| match output {
            Output::Start { lane, .. } => {
                let fate = &mut fates[lane as usize];
                fate.started = Some(now);
                let step = if fate.fails {
                    Step::Fails
                } else {
                    Step::Speaks
                };
                due.push(Reverse((now.saturating_add(fate.ttft_ns), lane, step)));
            }
            Output::LaneEnded { lane, outcome, .. } if outcome != Outcome::Unused => {
                fates[lane as usize].ended = Some(now);
            }
            Output::Check {
                lane,
                ticket: asked,
                ..
            } => ticket = Some((lane, asked)),
            Output::Wait { until: next, .. } => until = next,
            _ => {}
        });
        (until, ticket)
    }

    /// What happens to a lane at its time; `None` if it has ended meanwhile.
    fn world_does(
        &mut self,
        race: &mut Race,
        at: u64,
        lane: LaneId,
        step: Step,
        fates: &mut [Fate],
        due: &mut Due,
    ) -> Option<Step> {
        let fate = fates[lane as usize];
        if fate.ended.is_some() {
            return None;
        }
        if step == Step::Speaks {
            due.push(Reverse((at.saturating_add(fate.rest_ns), lane, Step::Ends)));
            let opened = Input::Opened {
                lane,
                status: Some(200),
            };
            if race.input(at, opened).is_ok() {
                self.obey(race, at, fates, due);
            }
        }
        Some(step)
    }

    /// The race is over: what it cost, how long it took, what its profile learns.
    fn settle(&mut self, race: &Race, fates: &[Fate], arrival: u64, now: u64) {
        let won = race
            .lanes()
            .iter()
            .position(|lane| lane.outcome() == Some(Outcome::Won));
        if let Some(winner) = won {
            self.sums.times.push((now - arrival) as f64 / 1e9);
            self.sums.quality += self.world.actors[self.cast[winner]].quality;
        }
        for (lane, fate) in fates.iter().enumerate() {
            let Some(started) = fate.started else {
                continue;
            };
            let ran = fate.ended.unwrap_or(now).saturating_sub(started);
            self.sums.lanes += 1;
            self.sums.cost_usd += cost(&self.world.actors[self.cast[lane]], fate, ran);
            if lane < 2 && !fate.fails {
                self.learn(lane, fate, ran);
            }
        }
        if self.allowance.is_none() && matches!(self.policy.plan, Plan::Hedge(_)) {
            self.sums.hedges += usize::from(is_hedged(fates));
        }
    }

    fn learn(&mut self, lane: usize, fate: &Fate, ran: u64) {
        if ran >= fate.ttft_ns {
            self.seen[lane].add(fate.ttft_ns as f64 / 1e9);
        } else {
            self.seen[lane].add_at_least(ran as f64 / 1e9);
        }
    }
}

/// What is due in a race: when, which lane, what.
type Due = BinaryHeap<Reverse<(u64, LaneId, Step)>>;

fn leg<'a>(actor: &Actor, ttft: &'a Sketch) -> Leg<'a> {
    Leg {
        ttft,
        rest_s: actor.rest.mean(),
        in_usd: actor.in_usd,
        out_usd: actor.out_usd,
        bills_all: actor.bills_all,
    }
}

/// Whether the second lane started while the first was still under way.
fn is_hedged(fates: &[Fate]) -> bool {
    let second = fates.get(1).and_then(|fate| fate.started);
    second.is_some_and(|at| fates[0].ended.is_none_or(|ended| ended > at))
}

/// What a lane costs that ran for so long: the prompt, and what it had written.
fn cost(actor: &Actor, fate: &Fate, ran: u64) -> f64 {
    if fate.fails && ran >= fate.ttft_ns {
        return 0.0;
    }
    let written = ran.saturating_sub(fate.ttft_ns) as f64 / fate.rest_ns.max(1) as f64;
    let share = if actor.bills_all {
        1.0
    } else {
        written.min(1.0)
    };
    share.mul_add(actor.out_usd, actor.in_usd)
}
