"""The screens, one module each: functions from a `Page` to a `Response`."""
