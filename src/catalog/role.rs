//! What a library function does, as far as the rules ask.

use serde::Deserialize;

/// What a library function does. Several libraries share a role; a rule asks for roles and never for names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Decodes a token and checks it.
    ValidatesToken,
    /// Decodes a token without checking it.
    DecodesUnverified,
    /// Reads a token's header only.
    ReadsTokenHeader,
    /// Holds which checks tokens undergo.
    ConfiguresVerification,
    /// Makes a token be accepted without one of the checks.
    SwitchesVerificationOff,
    /// Gets the key that belongs to a token.
    FetchesSigningKey,
    /// Makes and signs a token.
    MintsToken,
    /// Reads one setting by name.
    ReadsSetting,
    /// Gives a mapping of all settings.
    ReadsAllSettings,
    /// Fills the fields of a type of the program with the settings of their names.
    FillsFields,
    /// Reads a secret from a secret manager.
    ReadsSecret,
    /// Writes one setting by name.
    WritesSetting,
    /// A class whose fields are settings.
    SettingsClass,
    /// Declares a field of such a class.
    DeclaresField,
    /// Fills the environment.
    LoadsSettings,
    /// Opens a file by path.
    OpensFile,
    /// Declares a command-line option.
    DeclaresOption,
    /// Starts an event loop and waits for it.
    RunsEventLoop,
    /// Gives the running loop, and raises without one.
    AsksRunningLoop,
    /// Gives the loop of this thread, which in async code is the running one.
    GivesEventLoop,
    /// Says whether a loop runs.
    TellsLoopRunning,
    /// Says whether a loop is closed.
    TellsLoopClosed,
    /// Makes a loop without running it.
    MakesEventLoop,
    /// Patches the loop so that it can be nested.
    AllowsNestedLoops,
    /// Schedules work on the running loop.
    SchedulesOnLoop,
    /// Schedules work on a loop from another thread.
    SchedulesThreadsafe,
    /// Blocks until a future has its result.
    WaitsForResult,
    /// Gives the result of work on the loop, and fails where it is not done.
    TakesResult,
    /// Blocks the thread, and refuses to where a loop runs.
    BlocksThread,
    /// Runs a function in another thread.
    RunsInThread,
    /// Runs a function once the answer is sent: a coroutine function on the loop, another one in a thread.
    RunsAfterwards,
    /// Runs a function when the program ends, outside of all loops.
    RunsAtExit,
    /// Calls a function that it is handed, at once and in the same thread.
    CallsFunction,
    /// Gives the module whose name it is handed: `import_module("plugins.alpha")`.
    ImportsModule,
    /// Binds arguments to a function: `partial(f, x)`.
    BindsArguments,
    /// Makes a function call others in its place, by the type of an argument; its `register` says which.
    DispatchesByType,
    /// Says which function fills a parameter: `Depends(f)`.
    InjectsDependency,
    /// Makes a dependency that gives the credential which a request shows, and checks nothing of it.
    MakesSecurityScheme,
    /// Validates the credential of a request, as a decorator or a dependency, before the handler gets it: nobody is let on without one.
    GuardsHandlers,
    /// Puts another function in the place of a dependency.
    ReplacesDependency,
    /// Makes a function a fixture of tests, by its decorator.
    ProvidesFixture,
    /// Names fixtures that tests use without a parameter for them.
    UsesFixtures,
    /// Makes a router: what it depends on, all its handlers depend on.
    MakesRouter,
    /// Makes a router that is served itself, wherever it is mounted.
    MakesApplication,
    /// Adds the handlers of one router to another.
    MountsRouter,
    /// Makes a function the handler of HTTP requests, as its decorator or by getting it.
    HandlesRequest,
    /// Makes a function the handler of WebSocket connections.
    HandlesWebsocket,
    /// Makes a function run around the handlers of requests, or before them.
    InterceptsRequests,
    /// Opens a WebSocket connection as a client.
    OpensWebsocket,
    /// Makes a function a command of the command line.
    RunsCommand,
    /// Makes a function a task of a queue; as a decorator it gives the task, which is called like the function.
    RunsTask,
    /// Puts a task into a queue: the function that it is handed, or the task that it is called on.
    QueuesTask,
    /// Runs a function as a test, or around tests.
    RunsTest,
    /// Decodes base64.
    DecodesBase64,
    /// Parses JSON.
    ParsesJson,
    /// Signs with HMAC.
    SignsHmac,
    /// Compares in constant time.
    ComparesDigest,
    /// Hashes.
    Hashes,
}

impl Role {
    /// Whether it is about settings and their values.
    #[must_use]
    pub fn is_of_settings(self) -> bool {
        matches!(self, Self::ReadsSetting | Self::ReadsAllSettings | Self::WritesSetting)
    }

    /// Whether it is about how a token is decoded: what is switched on and off there often comes from far away.
    #[must_use]
    pub fn decodes(self) -> bool {
        matches!(
            self,
            Self::ValidatesToken
                | Self::DecodesUnverified
                | Self::ConfiguresVerification
                | Self::SwitchesVerificationOff
        )
    }

    /// Whether it is where a framework or a runner enters the program.
    #[must_use]
    pub fn is_of_entries(self) -> bool {
        matches!(
            self,
            Self::HandlesRequest
                | Self::HandlesWebsocket
                | Self::InterceptsRequests
                | Self::RunsCommand
                | Self::RunsTask
        )
    }

    /// Whether rules ask by which calls control, and what it brings along, gets to a function that does this.
    #[must_use]
    pub fn is_asked_backwards(self) -> bool {
        matches!(
            self,
            Self::ValidatesToken
                | Self::DecodesUnverified
                | Self::ReadsTokenHeader
                | Self::ConfiguresVerification
                | Self::SwitchesVerificationOff
                | Self::FetchesSigningKey
                | Self::MintsToken
                | Self::ReadsSetting
                | Self::ReadsSecret
                | Self::RunsEventLoop
                | Self::BlocksThread
        )
    }
}
