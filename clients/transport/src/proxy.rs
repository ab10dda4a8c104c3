//! The proxies of the environment, as far as they hold passwords: a proxy that refuses them may quote them.

use std::env;

use reqwest::Url;

use crate::Mask;

/// The variables that name a proxy.
const VARIABLES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/// Makes the mask know the passwords of the proxies.
#[expect(clippy::disallowed_methods, reason = "the HTTP client takes its proxies from the same variables")]
pub(crate) fn learn_passwords(mask: &Mask) {
    for variable in VARIABLES {
        if let Ok(address) = env::var(variable) {
            learn_password(mask, &address);
        }
    }
}

/// The password in an address, as it stands there and as it is sent.
fn learn_password(mask: &Mask, address: &str) {
    // A proxy may be named without its scheme.
    let url = Url::parse(address).ok().filter(Url::has_host).or_else(|| Url::parse(&format!("http://{address}")).ok());
    let Some(password) = url.as_ref().and_then(Url::password) else { return };
    mask.learn(password);
    mask.learn(&percent_encoding::percent_decode_str(password).decode_utf8_lossy());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_proxy_is_known() {
        for address in ["http://me:canary%21pass@proxy:3128", "me:canary%21pass@proxy:3128"] {
            let mask = Mask::default();
            learn_password(&mask, address);
            assert_eq!(mask.leaving("no: me:canary!pass"), "no: me:(secret)");
        }
        learn_password(&Mask::default(), "proxy:3128");
    }
}
