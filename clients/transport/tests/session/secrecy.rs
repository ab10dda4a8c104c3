use std::{
    io,
    sync::{Arc, Mutex},
};

use evenkeel_transport::{Auth, ResultExt, Secret, Session, SessionOptions, reqwest::Method};
use serde_json::json;
use tracing_subscriber::fmt::MakeWriter;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use super::client::{Client, options, session};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_server_that_quotes_the_request_in_its_error_gives_nothing_away() {
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).with_ansi(false);
    // for the whole process: a subscriber of one thread misses lines whose first caller was another thread
    tracing::subscriber::set_global_default(subscriber.finish()).unwrap();

    for status in [200, 302, 400, 401, 409, 500] {
        for quote in [text as fn(ResponseTemplate, String) -> ResponseTemplate, object, page] {
            let server = MockServer::start().await;
            let answer = move |request: &Request| {
                let body = String::from_utf8_lossy(&request.body);
                quote(ResponseTemplate::new(status), format!("{body} {:?}", request.headers))
            };
            Mock::given(any()).respond_with(answer).expect(1).mount(&server).await;
            let auth = Auth::Token { scheme: "token", token: "canary-token".into() };
            let client = Client::new(&server.uri(), session().with_auth(auth));
            let body = json!({"name": "blue", "credentials": [{"type": "password", "value": "canary \"pass\""}]});
            let outcome = client.call::<bool>(Method::POST, "?q=canary", Some(&body)).await;
            let error = outcome.api().unwrap_err();
            assert!(!format!("{error} {error:?} {client:?}").contains("canary"), "{status}: {error:?}");
        }
    }
    let lines = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(lines.contains("evenkeel::http"), "the log has lines to look at: {lines}");
    assert!(!lines.contains("canary"), "{lines}");
}

fn text(answer: ResponseTemplate, quoted: String) -> ResponseTemplate {
    answer.set_body_string(quoted)
}

fn object(answer: ResponseTemplate, quoted: String) -> ResponseTemplate {
    answer.set_body_json(json!({"message": quoted, "other": 1}))
}

fn page(answer: ResponseTemplate, quoted: String) -> ResponseTemplate {
    answer.set_body_raw(format!("<html>{quoted}</html>"), "text/html")
}

#[test]
fn a_secret_is_written_only_where_it_leaves() {
    let secret = Secret::from("canary");
    assert_eq!(format!("{secret:?}"), "(secret)");
    assert_eq!(serde_json::to_string(&secret).unwrap(), "\"canary\"");
    assert_eq!(serde_json::from_str::<Secret>("\"canary\"").unwrap(), secret);
    assert_ne!(secret, Secret::from("canary2"));
    assert!(Secret::default().is_empty());
    let auth = Auth::Basic { user: "admin".into(), password: secret };
    let session = Session::new(SessionOptions { ca_bundle: None, ..options() }).unwrap().with_auth(auth);
    assert!(!format!("{session:?}").contains("canary"));
}

#[test]
fn a_secret_announces_itself_to_a_serializer() {
    use serde::{Serialize, ser::Impossible};

    /// Accepts nothing but a newtype struct, and returns its name.
    struct Name;
    macro_rules! refuse {
        ($($method:ident($($kind:ty),*)),* $(,)?) => {
            $(fn $method(self, $(_: $kind),*) -> Result<Self::Ok, Self::Error> { unreachable!() })*
        };
    }
    impl serde::Serializer for Name {
        type Ok = &'static str;
        type Error = serde_json::Error;
        type SerializeSeq = Impossible<Self::Ok, Self::Error>;
        type SerializeTuple = Impossible<Self::Ok, Self::Error>;
        type SerializeTupleStruct = Impossible<Self::Ok, Self::Error>;
        type SerializeTupleVariant = Impossible<Self::Ok, Self::Error>;
        type SerializeMap = Impossible<Self::Ok, Self::Error>;
        type SerializeStruct = Impossible<Self::Ok, Self::Error>;
        type SerializeStructVariant = Impossible<Self::Ok, Self::Error>;
        fn serialize_newtype_struct<T: ?Sized + Serialize>(
            self,
            name: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Self::Error> {
            Ok(name)
        }
        refuse!(
            serialize_bool(bool),
            serialize_i8(i8),
            serialize_i16(i16),
            serialize_i32(i32),
            serialize_i64(i64),
            serialize_u8(u8),
            serialize_u16(u16),
            serialize_u32(u32),
            serialize_u64(u64),
            serialize_f32(f32),
            serialize_f64(f64),
            serialize_char(char),
            serialize_str(&str),
            serialize_bytes(&[u8]),
            serialize_none(),
            serialize_unit(),
            serialize_unit_struct(&'static str),
            serialize_unit_variant(&'static str, u32, &'static str),
        );
        fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<Self::Ok, Self::Error> {
            unreachable!()
        }
        fn serialize_newtype_variant<T: ?Sized + Serialize>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<Self::Ok, Self::Error> {
            unreachable!()
        }
        fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Self::Error> {
            unreachable!()
        }
        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Self::Error> {
            unreachable!()
        }
        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Self::Error> {
            unreachable!()
        }
        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, Self::Error> {
            unreachable!()
        }
        fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Self::Error> {
            unreachable!()
        }
        fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Self::Error> {
            unreachable!()
        }
        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant, Self::Error> {
            unreachable!()
        }
    }
    assert_eq!(Secret::from("canary").serialize(Name).unwrap(), Secret::MARKER);
    assert_eq!(Secret::MARKER, "evenkeel::Secret");
}
