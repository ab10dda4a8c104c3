//! The addresses of a user: the present one, and those of before, which stay.

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::world::World;

impl World {
    pub(crate) fn list_emails(&self, user: i64) -> Reply {
        let account = self.accounts.get(user).ok_or_else(Answer::absent)?;
        let former = account.person().into_iter().flat_map(|person| &person.former_emails);
        let row = |email: &String, primary: bool| json!({ "email": email, "verified": true, "primary": primary, "user_id": 0, "username": "" });
        let rows = former.map(|email| row(email, false)).chain([row(&account.email, true)]);
        Ok(Answer::found(Value::Array(rows.collect())))
    }
}
