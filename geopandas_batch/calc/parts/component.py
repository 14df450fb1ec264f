"""The add-in: runs in the office's Python (3.8 or newer), with nothing but its standard library and UNO."""

import json
import os
import struct
import subprocess
import threading
import time

import uno
import unohelper
from com.sun.star.lang import XLocalizable, XServiceInfo, XServiceName
from com.sun.star.sheet import ResultEvent, XAddIn, XVolatileResult
from org.geopandasbatch import Functions

SERVICE = "org.geopandasbatch.Functions"
ADD_IN = "com.sun.star.sheet.AddIn"
CATEGORY = "Add-In"
TRY_AGAIN = 60.0  # seconds; a cell that failed is asked again when it is calculated after that
KEPT = 200_000  # answers; the cache of the process behind has them all

ADDRESS = ("address", "Text, or a cell with text. A blank one stays blank and costs nothing.")
LAT, LON = ("lat", "Latitude in degrees, WGS 84."), ("lon", "Longitude in degrees, WGS 84.")
# By the name of the method: what it is called in a cell, what it gives, its arguments.
FUNCTIONS = {
    "locate": ("GEO.LOCATE", "Latitude and longitude of an address, side by side (an array formula).", [ADDRESS]),
    "lat": ("GEO.LAT", "Latitude of an address in degrees, WGS 84.", [ADDRESS]),
    "lon": ("GEO.LON", "Longitude of an address in degrees, WGS 84.", [ADDRESS]),
    "address": ("GEO.ADDRESS", "The address as the service writes it.", [ADDRESS]),
    "reverse": ("GEO.REVERSE", "The address at a point.", [LAT, LON]),
    "status": ("GEO.STATUS", "What became of an address, in words: how well it was found, or why not.", [ADDRESS]),
}
# The office sets these for its own Python; another one would break on them.
OF_THE_OFFICE = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")


def error(number):
    """What Calc shows as the error with this number: a NaN that carries it."""
    return struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000 | number))[0]


WRONG_VALUE = error(519)


class Answer(unohelper.Base, XVolatileResult):
    """The value of a cell, now or later."""

    def __init__(self):
        self.listeners = []
        self.value = None
        self.settled = None  # when
        self.failed = False

    def addResultListener(self, listener):
        self.listeners.append(listener)
        if self.settled is not None:
            listener.modified(ResultEvent(self, self.value))

    def removeResultListener(self, listener):
        if listener in self.listeners:
            self.listeners.remove(listener)

    def settle(self, value, failed=False):
        self.value, self.failed, self.settled = value, failed, time.monotonic()
        for listener in list(self.listeners):
            listener.modified(ResultEvent(self, value))


class Process:
    """The process that knows the answers: started by the first question, and again should it end."""

    def __init__(self):
        self.lock = threading.Lock()
        self.answers = {}  # by what was asked. Calc must get the same object for the same question, or it asks for ever
        self.open = {}  # by number, those that wait
        self.count = 0
        self.running = None

    def ask(self, name, arguments):
        with self.lock:
            answer = self.answers.get((name, arguments))
            if answer is not None and not (answer.failed and time.monotonic() > answer.settled + TRY_AGAIN):
                return answer
            if len(self.answers) >= KEPT:
                self.answers = {asked: kept for asked, kept in self.answers.items() if kept.listeners}
            answer = self.answers[name, arguments] = Answer()
            self.count += 1
            self.open[self.count] = answer
            line = json.dumps({"id": self.count, "name": name, "arguments": arguments}) + "\n"
            try:
                self.start()
                self.running.stdin.write(line.encode())
                self.running.stdin.flush()
            except OSError:
                self.open.pop(self.count, None)
                answer.value, answer.failed, answer.settled = self.excuse(name), True, time.monotonic()
        return answer

    def start(self):
        if self.running is not None and self.running.poll() is None:
            return
        with open(os.path.join(os.path.dirname(__file__), "settings.json"), encoding="utf-8") as settings:
            told = json.load(settings)
        environment = {name: value for name, value in os.environ.items() if name not in OF_THE_OFFICE}
        environment["PYTHONPATH"] = told["path"]
        self.running = subprocess.Popen(
            told["command"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=os.path.expanduser("~"),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        threading.Thread(target=self.read, args=(self.running,), daemon=True).start()

    def read(self, running):
        for line in running.stdout:
            reply = json.loads(line)
            with self.lock:
                answer = self.open.pop(reply["id"], None)
            if answer is not None and "error" in reply:
                answer.settle(error(reply["error"]), failed=True)
            elif answer is not None:
                value = reply["value"]
                answer.settle(uno.Any("[][]any", (tuple(value),)) if isinstance(value, list) else value)
        running.wait()
        with self.lock:
            left, self.open = (self.open, {}) if self.running is running else ({}, self.open)
            named = {id(answer): name for (name, _), answer in self.answers.items()}
        for answer in left.values():
            answer.settle(self.excuse(named.get(id(answer), "")), failed=True)

    def excuse(self, name):
        """What a cell shows whose process did not start, or ended."""
        if name != "status":
            return WRONG_VALUE
        return "failed: the Python of geopandas_batch does not run; write the add-in again with `geopandas-batch calc`"


process = Process()


class Component(unohelper.Base, XAddIn, Functions, XServiceInfo, XServiceName, XLocalizable):
    """What Calc knows of the functions."""

    def __init__(self, context):
        self.language = None

    def locate(self, address):
        return process.ask("locate", (address,))

    def lat(self, address):
        return process.ask("lat", (address,))

    def lon(self, address):
        return process.ask("lon", (address,))

    def address(self, address):
        return process.ask("address", (address,))

    def reverse(self, lat, lon):
        return process.ask("reverse", (lat, lon))

    def status(self, address):
        return process.ask("status", (address,))

    def getProgrammaticFuntionName(self, shown):  # the interface spells it so
        return next((name for name, (display, _, _) in FUNCTIONS.items() if display == shown), "")

    def getDisplayFunctionName(self, name):
        return FUNCTIONS[name][0] if name in FUNCTIONS else ""

    def getFunctionDescription(self, name):
        return FUNCTIONS[name][1] if name in FUNCTIONS else ""

    def getDisplayArgumentName(self, name, place):
        return FUNCTIONS[name][2][place][0] if name in FUNCTIONS else ""

    def getArgumentDescription(self, name, place):
        return FUNCTIONS[name][2][place][1] if name in FUNCTIONS else ""

    def getProgrammaticCategoryName(self, name):
        return CATEGORY

    def getDisplayCategoryName(self, name):
        return CATEGORY

    def getServiceName(self):
        return SERVICE

    def getImplementationName(self):
        return SERVICE + ".Component"

    def getSupportedServiceNames(self):
        return (ADD_IN, SERVICE)

    def supportsService(self, name):
        return name in self.getSupportedServiceNames()

    def setLocale(self, language):
        self.language = language

    def getLocale(self):
        return self.language


g_ImplementationHelper = unohelper.ImplementationHelper()
g_ImplementationHelper.addImplementation(Component, SERVICE + ".Component", (ADD_IN, SERVICE))
