//! Options of an export as values, each as `--set` takes it.

use evenkeel_core::report::Failure;

/// The options as values: they come after all files.
#[derive(Debug)]
pub struct Settings {
    has_files: bool,
    settings: Vec<String>,
}

impl Settings {
    /// None yet, on top of files of values or without any.
    pub(super) const fn new(has_files: bool) -> Self {
        Self { has_files, settings: Vec::new() }
    }

    /// Asks for an option that no file of values makes up for.
    ///
    /// # Errors
    ///
    /// When it is missing, and there is no file.
    pub fn require(&self, option: &'static str, is_there: bool) -> Result<(), Failure> {
        if is_there || self.has_files {
            return Ok(());
        }
        let message = format!("`{option}` is missing");
        let hint = format!("give `{option}`, or values for the login with `--values`");
        Err(Failure { message, hint: Some(hint) })
    }

    /// Names the platform where no file of values does: people will choose a better name.
    pub fn platform_name(&mut self, name: &str) {
        if !self.has_files {
            self.set("platform.name", Some(name));
        }
    }

    /// Sets the value at a path, where there is one.
    pub fn set(&mut self, path: &str, text: Option<&str>) {
        // A JSON text is a double-quoted YAML text.
        self.settings.extend(text.map(|text| format!("{path}={}", serde_json::Value::from(text))));
    }

    pub(super) fn into_settings(self) -> Vec<String> {
        self.settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_is_asked_for_only_where_no_file_of_values_makes_up_for_it() {
        assert!(Settings::new(true).require("--url", false).is_ok());
        assert!(Settings::new(false).require("--url", true).is_ok());
        let failure = Settings::new(false).require("--url", false).unwrap_err();
        assert_eq!(failure.message, "`--url` is missing");
    }

    #[test]
    fn a_text_is_one_value_whatever_is_in_it_and_files_name_the_platform_themselves() {
        for (has_files, expected) in
            [(false, vec![r#"platform.name="lab""#, r#"a.b="x: 'y' \"z\"""#]), (true, vec![r#"a.b="x: 'y' \"z\"""#])]
        {
            let mut settings = Settings::new(has_files);
            settings.platform_name("lab");
            settings.set("a.b", Some("x: 'y' \"z\""));
            settings.set("a.c", None);
            assert_eq!(settings.into_settings(), expected, "{has_files}");
        }
    }
}
