/** Before Node 24: undici's own agent that reads HTTPS_PROXY, set for the `fetch` that is built in. */
import { EnvHttpProxyAgent, setGlobalDispatcher } from "undici"

setGlobalDispatcher(new EnvHttpProxyAgent())
